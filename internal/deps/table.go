package deps

// module is the path that imports of our own packages start with.
const module = "flowproof"

// row is what one of our packages may import of ours. Folders are written from the root of the
// tree; a last element * stands for any one folder.
type row struct {
	folder string
	may    []string
}

// rows is every package there is. One that is missing here fails the test, and so does a folder
// that no longer exists.
func rows() []row {
	return []row{
		{"cmd/flowproof", []string{"internal/cli", "internal/terminal"}},

		// The leaves: everything may come to depend on them, so they depend on nothing.
		{"internal/inventory", nil},
		{"internal/framework", []string{"internal/spelling"}},
		{"internal/spelling", nil}, // a guess at what was meant, for messages
		{"internal/config", []string{"internal/spelling"}},
		{"internal/terminal", nil},
		{"internal/filelock", nil},
		{"internal/atomicfile", nil}, // a file is written in whole or not at all, whoever writes it
		{"internal/strictjson", nil}, // reading what we wrote: keys exact and once, nesting limited
		{"internal/iampolicy", nil},  // what a document says, for rules to judge and for plans to rest on
		{"internal/awscall", nil},    // what an answer of AWS has to be: what reads and what writes share it
		{"internal/flowrecord", nil}, // what flow logs write and where: what reads it and what asks for it share it

		{"internal/finding", []string{"internal/inventory"}},
		{"internal/event", []string{"internal/inventory", "internal/finding", "internal/filelock"}},

		// Sources state facts. One that knew of findings could shade what it states.
		{"internal/source/awslive", []string{"internal/awscall", "internal/inventory", "internal/flowrecord", "internal/spelling", "internal/strictjson"}},
		{"internal/source/awscli", []string{"internal/inventory", "internal/strictjson"}},
		{"internal/source/snapshot", []string{"internal/atomicfile", "internal/inventory", "internal/strictjson"}},
		// Not a source: what the tests of sources share, one environment put through each.
		{"internal/source/sourcetest", []string{
			"internal/inventory", "internal/finding", "internal/event", "internal/rule", "internal/rules", "internal/scan",
		}},

		// Rules see an inventory and nothing else, so that any source can be judged.
		{"internal/rule", []string{"internal/inventory", "internal/finding", "internal/iampolicy", "internal/flowrecord"}},
		{"internal/rules", []string{"internal/rule", "internal/rules/*"}},
		{"internal/rules/*", []string{"internal/rule", "internal/inventory", "internal/finding", "internal/iampolicy"}},
		{"internal/kb", []string{"internal/rule", "internal/finding", "internal/framework", "internal/terminal"}},

		// What people decided about findings, handed to a run as its review. It judges nothing, so it
		// sees no rule.
		{"internal/suppression", []string{"internal/inventory", "internal/finding", "internal/event"}},
		{"internal/baseline", []string{"internal/inventory", "internal/finding", "internal/event"}},
		{"internal/control", []string{"internal/inventory", "internal/finding", "internal/event", "internal/framework"}},

		// A run is handed its source, its rules and its readers: it chooses none of them.
		{"internal/scan", []string{"internal/inventory", "internal/rule", "internal/finding", "internal/event"}},
		{"internal/report", []string{"internal/event", "internal/finding", "internal/inventory", "internal/framework", "internal/terminal"}},

		// What changes accounts is handed its scan, so that it cannot reach past it. Of the source it
		// takes how a flow log is read (see uses): what is looked at again is what was scanned.
		{"internal/remediate", []string{"internal/awscall", "internal/inventory", "internal/finding", "internal/iampolicy", "internal/flowrecord", "internal/rule", "internal/spelling", "internal/terminal", "internal/source/awslive", "internal/filelock", "internal/strictjson"}},

		// It writes what people deploy, and is handed the actions: it cannot ask for more than is read.
		{"internal/readrole", nil},

		// The embedded AWS stands in for one that others wrote: it must not share our mistakes.
		{"internal/sandbox", []string{"internal/sandbox/fleet"}},
		{"internal/sandbox/fleet", nil}, // an oracle, too: what it calls true must come from nowhere else
		{"internal/sandbox/mototest", nil},
		{"internal/sandbox/conformance", nil},

		{"internal/cli", []string{
			"internal/atomicfile", "internal/baseline", "internal/config", "internal/control", "internal/event", "internal/finding", "internal/framework", "internal/inventory", "internal/kb",
			"internal/readrole", "internal/remediate", "internal/report", "internal/rule", "internal/rules", "internal/sandbox", "internal/sandbox/fleet", "internal/scan",
			"internal/spelling", "internal/source/awslive", "internal/source/awscli", "internal/source/snapshot", "internal/suppression", "internal/terminal",
		}},

		// Developer tools: not part of the program.
		{"internal/deps", nil},
		{"bench", nil}, // it measures programs from outside, as their users run them
		{"bench/floor", nil},
	}
}

// testsMayNot is what tests may not import, unless it is their own package. Tests are looser than
// the code they test: a rule's test may take the list of all rules, a source's test the embedded
// AWS. What lies at the top stays out of reach even so, since a test that goes through the whole
// program belongs to the command line's own tests.
func testsMayNot() []string {
	return []string{"cmd/flowproof", "internal/cli", "bench", "bench/floor"}
}

// ban keeps one import out of our packages. It does not hold for tests.
type ban struct {
	path string // of the import; with /... at the end, everything below it too
	// Folders and files of ours. Where within is empty the ban holds everywhere; in what only
	// names it does not.
	within, only []string
	reason       string
}

func bans() []ban {
	pure := pureFolders()
	return []ban{
		{
			path: "github.com/aws/aws-sdk-go-v2/...", only: awsFiles(),
			reason: "AWS is reached in one place for reading and one for writing; everything else sees an inventory",
		},
		{
			path: "github.com/aws/smithy-go/...", only: awsFiles(),
			reason: "it is the AWS SDK's own protocol library, and goes where the SDK goes",
		},
		{
			path: "net/http/...",
			only: []string{"internal/awscall", "internal/source/awslive", "internal/sandbox", "internal/sandbox/mototest", "internal/cli", "bench", "bench/floor"},
			reason: "only what talks to AWS, plays AWS or starts a server may use the network; " +
				"judging and reporting give the same answer without one",
		},
		{
			path: "net", only: []string{"internal/awscall", "internal/source/awslive", "internal/sandbox", "internal/cli", "bench"},
			reason: "as for net/http",
		},
		{
			path: "os", within: pure,
			reason: "facts and verdicts depend on what was read, not on the machine's files or environment",
		},
		{path: "math/rand/...", within: pure, reason: "the same inventory gives the same findings, in the same order"},
		{path: "crypto/rand", within: pure, reason: "the same inventory gives the same findings, in the same order"},
		{
			path: "os/exec", only: []string{"internal/sandbox/mototest", "bench"},
			reason: "the program starts no other program: what runs is what was reviewed; moto and the benchmark are for developers",
		},
		{
			path: "html/template", only: []string{"internal/kb"},
			reason: "it calls methods by names known only at run time, after which the linker keeps all of the AWS SDK; " +
				"the pages of the knowledge base need its escaping",
		},
		{path: "text/template", reason: "as html/template, and it escapes nothing"},
		{path: "database/sql/...", reason: "the command line needs no database"},
		{path: "log/...", reason: "an error is returned and said once, by the command line, where hostile text is made printable"},
		{
			path: "github.com/spf13/cobra", only: []string{"internal/cli"},
			reason: "commands are one edge of the program; what they call knows nothing of them",
		},
		{
			path: "github.com/spf13/pflag", only: []string{"internal/cli", "internal/config"},
			reason: "flags are one layer of the settings, and only the settings know of layers",
		},
		{
			path: "testing", only: []string{"internal/sandbox/mototest", "internal/source/sourcetest"},
			reason: "it adds its flags to a program that imports it; what tests share is in no program",
		},
		{path: "unsafe", reason: "nothing here is worth giving up memory safety for"},
	}
}

// awsFiles may use the AWS SDK.
func awsFiles() []string {
	return []string{
		"internal/awscall", "internal/source/awslive",
		"internal/remediate/awsread.go", "internal/remediate/awswrite.go", "internal/remediate/failure.go",
		"bench/floor",
	}
}

// pureFolders hold facts and verdicts.
func pureFolders() []string {
	return []string{"internal/inventory", "internal/framework", "internal/finding", "internal/iampolicy", "internal/flowrecord", "internal/rule", "internal/rules", "internal/rules/*"}
}

// use keeps some names of a package, which itself may be imported, out of our packages. It does
// not hold for tests.
type use struct {
	path   string
	names  []string
	within []string
	only   []string // files in it that may use them all the same
	reason string
}

func uses() []use {
	return []use{
		{
			path: module + "/internal/source/awslive", names: []string{"New", "At", "LoadConfig", "ConfigAt", "Source", "Options"},
			within: []string{"internal/remediate"},
			reason: "what changes accounts is handed its scan and its credentials by the command line",
		},
		{
			path: module + "/internal/remediate", names: []string{"NewWriter"},
			within: []string{"internal/cli"}, only: []string{"internal/cli/apply.go"},
			reason: "commands that read cannot write: the one way to change an account is made for apply and rollback",
		},
		{
			path: "time", names: []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"},
			within: pureFolders(),
			reason: "rules have no clock: age is measured against the time at which the inventory was read, " +
				"so that a snapshot judged next year says the same",
		},
		{
			path: "time", names: []string{"Now", "Since", "Until"},
			within: []string{"internal/event", "internal/scan", "internal/report", "internal/kb", "internal/source/awslive", "internal/source/awscli"},
			reason: "the clock is handed in by the command line, so that a test knows what time it is",
		},
	}
}
