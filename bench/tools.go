package main

import (
	"os"
	"path/filepath"
	"time"
)

// tool is one row of the comparison.
type tool struct {
	name string
	// venv is the peer's virtual environment, empty for what needs none.
	venv string
	// args is the command line; dir is where it may write, the current folder of the run.
	args func(dir string) []string
	// caseArgs is the command line for the awkward cases, where that is another one.
	caseArgs func(dir string) []string
	// after are commands that show people what was found, for tools that print too little.
	after  func(dir string) []string
	read   func(dir string, r result) (report, error) // nil: it judges nothing
	runs   int                                        // how often it is timed
	warmUp bool                                       // its first run is not counted
	env    []string

	unavailable string // why it could not be installed
}

// places is where programs and files of the comparison are.
type places struct {
	root   string // of the repository
	out    string // what is built, installed and written, ignored by git
	floor  string
	binary string // flowproof
}

func (p places) peer(venv, program string) string {
	return filepath.Join(p.out, "peers", venv, "bin", program)
}

func (p places) file(name string) string { return filepath.Join(p.root, "bench", "peers", name) }

const (
	// runLimit is far beyond what the slowest tool takes, and ends one that hangs.
	runLimit = 6 * time.Minute
	fastRuns = 7 // of what ends within a second
	someRuns = 3 // of what takes seconds
	slowRuns = 1 // of what takes a minute or more
)

// tools are what is compared, the floor first: everything else is set against it.
func tools(p places) []tool {
	custodian := []string{"run", "-s", "out", "--region", "all", p.file("policy.yml")}
	return []tool{
		{name: "floor: bare SDK, same calls", args: fixed(p.floor), runs: fastRuns, warmUp: true},
		{
			name: "flowproof scan", runs: fastRuns, warmUp: true, read: readFlowproof,
			args:     fixed(p.binary, "scan"),
			caseArgs: fixed(p.binary, "scan", "--ruleset", "full", "--report", "json=scan.json"),
		},
		{
			name: "c7n-org", venv: "custodian", runs: someRuns, read: readCustodian,
			args:  fixed(p.peer("custodian", "c7n-org"), "run", "-c", p.file("accounts.yml"), "-u", p.file("policy.yml"), "-s", "out", "--region", "all"),
			after: fixed(p.peer("custodian", "c7n-org"), "report", "-c", p.file("accounts.yml"), "-u", p.file("policy.yml"), "-s", "out", "--format", "csv", "-f", "report.csv"),
		},
		{
			name: "Cloud Custodian", venv: "custodian", runs: someRuns, read: readCustodian,
			args:  fixed(append([]string{p.peer("custodian", "custodian")}, custodian...)...),
			after: fixed(p.peer("custodian", "custodian"), "report", "-s", "out", "--region", "all", "--format", "csv", p.file("policy.yml")),
		},
		{
			name: "ScoutSuite", venv: "scoutsuite", runs: someRuns, read: readScoutSuite,
			args: fixed(p.peer("scoutsuite", "scout"), "aws", "--services", "vpc", "--no-browser", "--report-dir", "out"),
		},
		{
			name: "Prowler", venv: "prowler", runs: slowRuns, read: readProwler,
			args: fixed(p.peer("prowler", "prowler"), "aws", "-c", "vpc_flow_logs_enabled", "-M", "csv", "json-ocsf", "html", "-o", "out"),
		},
		{
			name: "the page by hand, AWS CLI", runs: slowRuns, read: readByHand,
			args: fixed("bash", p.file("byhand.sh")),
			env:  []string{"PATH=" + filepath.Join(p.root, ".venv", "bin") + ":" + os.Getenv("PATH")},
		},
	}
}

func fixed(args ...string) func(string) []string { return func(string) []string { return args } }

// environment is all that a tool is told: nothing of whoever runs the comparison. Each run has a
// home of its own, so that nobody finds what an earlier run has cached.
func environment(t tool, folder, endpoint string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "LANG=C.UTF-8", "NO_PROXY=127.0.0.1",
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=" + home, "AWS_DEFAULT_REGION=" + home,
		"AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}, t.env...)
}
