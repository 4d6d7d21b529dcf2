// Command flowproof says of every VPC whether its network traffic is recorded, and proves it.
package main

import (
	"os"

	"flowproof/internal/cli"
	"flowproof/internal/terminal"
)

func main() { os.Exit(cli.Main(os.Args[1:], terminal.System())) }
