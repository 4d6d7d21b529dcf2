// Package config is the settings of the program and the layers that they come from: a default,
// the settings file, the environment, a flag, each overriding those before it. A value is
// checked the same way whatever layer gave it, and a key of the file that no setting has is an
// error that names the nearest one. It acts on nothing.
package config

//go:generate go test . -update

// Where settings come from beside flags.
const (
	envPrefix    = "FLOWPROOF_"
	fileEnv      = envPrefix + "CONFIG"
	implicitFile = "./flowproof.yaml"
)
