package config

import (
	"slices"
	"strings"
)

// Kind is what the value of a setting looks like.
type Kind string

// The kinds. Suppressions, a list of objects for the file alone, are no row.
const (
	Text     Kind = "text"
	Switch   Kind = "switch"   // true or false
	Duration Kind = "duration" // as Go writes it: 90m, 24h
	Number   Kind = "number"   // decimal, from 0
	Count    Kind = "count"    // whole, from 0, no more than 2147483647
	List     Kind = "list"     // texts; separated by commas where they come as one text
)

// Setting is one row of the table of settings. Everything said of a setting,
// be it a flag, a name in the environment, a key of the file, a row of the
// documentation or a part of the schema, comes from its row.
type Setting struct {
	// Key is its name in the file, with a dot between section and key.
	Key  string
	Kind Kind
	// Default is the value where no layer gives one, written as in the
	// environment. Empty means no text, no items, false.
	Default string
	// Doc says what it means, in a phrase that fits into the help of a flag.
	Doc string
	// Allowed lists the only values it may have. Empty means no such list.
	Allowed []string
	// Pattern is a regular expression for the whole of a text or of an item, and
	// Form the same in words. Both or neither.
	Pattern, Form string
	// Unshown marks a setting whose wrong values are never shown: they may hold a secret.
	Unshown bool
	// Placeholder stands for the value in the help of the flag.
	Placeholder string
	// NoFlag marks a setting that the command line does not have.
	NoFlag bool
}

// Env is the setting's name in the environment: policy.traffic is
// FLOWPROOF_POLICY_TRAFFIC.
func (s Setting) Env() string {
	return envPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.Key))
}

// Flag is the name of the setting's flag without the dashes, or empty where it
// has none.
func (s Setting) Flag() string {
	if s.NoFlag {
		return ""
	}
	return s.Key
}

// Table returns every setting in the order in which people are shown them.
// Adding a row here and a field to Settings is all that a new one takes.
func Table() []Setting {
	return slices.Concat(reading(), reaching(), judging(), telling(), policies(), planning(), delivering(), applying())
}

// keys are those of every setting.
func keys() []string {
	var all []string
	for _, s := range Table() {
		all = append(all, s.Key)
	}
	return all
}

func reading() []Setting {
	return []Setting{
		{
			Key: "source", Kind: Text, Default: "aws", Placeholder: "SOURCE",
			Pattern: `aws|(awscli|snapshot|tfplan|cloudformation):.+`,
			Form:    "aws, awscli:DIR, snapshot:FILE, tfplan:FILE or cloudformation:FILE",
			Doc:     "what to read: aws, awscli:DIR or snapshot:FILE",
		},
		{Key: "profile", Kind: Text, Placeholder: "NAME", Doc: "profile of the AWS configuration to use"},
		{
			Key: "endpoint-url", Kind: Text, Placeholder: "URL",
			Pattern: `https?://[^@?#\s]+`, Form: "a URL that starts with http:// or https:// and holds no user name or password", Unshown: true,
			Doc: "address to send every AWS call to",
		},
		{
			Key: "region", Kind: List, Placeholder: "REGION",
			Doc: "Regions to read, globs allowed (eu-*); none means every Region enabled for the account",
		},
		{
			Key: "exclude-region", Kind: List, Placeholder: "GLOB",
			Doc: "Regions to leave out, globs allowed; they stay in the report as excluded",
		},
		{
			Key: "account", Kind: List, Placeholder: "ID",
			Pattern: `[0-9]{12}`, Form: "an account id of twelve digits",
			Doc: "only these accounts; with awscli:DIR the account that the files are of, where their folder does not say it",
		},
		{
			Key: "checkpoint", Kind: Text, Placeholder: "DIR",
			Doc: "keep what is read whole in this folder: the same command goes on from there after an interruption",
		},
		{Key: "save-snapshot", Kind: Text, Placeholder: "FILE", Doc: "save what was read, to judge it again later without AWS"},
	}
}

// reaching is which accounts of an organisation are read, and how they are entered.
func reaching() []Setting {
	return []Setting{
		{Key: "org", Kind: Switch, Doc: "read every account of the organisation"},
		{
			Key: "ou", Kind: List, Placeholder: "ID",
			Pattern: `ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|r-[0-9a-z]{4,32}`, Form: "the id of an organisational unit, such as ou-ab12-11111111, or of the root",
			Doc: "read the accounts of these organisational units and all below them",
		},
		{Key: "accounts-file", Kind: Text, Placeholder: "FILE", Doc: "read the accounts in this file: CSV, JSON or one id a line"},
		{Key: "exclude-account", Kind: List, Placeholder: "GLOB", Doc: "accounts to leave out, by id or name; globs allowed"},
		{
			Key: "destination-account", Kind: List, Placeholder: "ID", Pattern: `[0-9]{12}`, Form: "an account id of twelve digits",
			Doc: "account that buckets of flow logs belong to: what only their owner can say is read there, once for all accounts",
		},
		{Key: "role-name", Kind: Text, Default: "flowproof-read", Placeholder: "NAME", Doc: "role to assume in each account but the caller's own"},
		{Key: "external-id", Kind: Text, Placeholder: "ID", Pattern: `[\w+=,.@:/-]{2,}`, Form: "2 or more letters, digits and +=,.@:/_-", Doc: "external id that the role asks for"},
		{Key: "trust", Kind: List, Placeholder: "PRINCIPAL", Doc: "who may assume the role that policy org writes: account ids, ARNs of roles or users; none means the current identity"},
		{Key: "org-id", Kind: Text, Placeholder: "ID", Pattern: `o-[a-z0-9]{10,32}`, Form: "the id of an organisation, such as o-a1b2c3d4e5", Doc: "organisation of the accounts that are read, for policies that turn on it, and from which the role that policy org writes may be assumed"},
		{Key: "session-name", Kind: Text, Default: "flowproof", Placeholder: "NAME", Doc: "name of the role's session in CloudTrail"},
		{Key: "session-duration", Kind: Duration, Default: "1h", Placeholder: "DURATION", Doc: "how long a session of the role lasts before it is renewed: 15m to 12h"},
	}
}

func judging() []Setting {
	return []Setting{
		{Key: "rule", Kind: List, Placeholder: "GLOB", Doc: "rules to apply, in place of a rule set; globs allowed"},
		{Key: "framework", Kind: List, Placeholder: "ID", Doc: "compliance frameworks whose rules to apply, in place of a rule set, and whose controls to report on"},
		{Key: "skip-rule", Kind: List, Placeholder: "GLOB", Doc: "rules to leave out; globs allowed"},
		{
			Key: "ruleset", Kind: Text, Default: "default", Allowed: []string{"page", "default", "full"},
			Doc: "rule set to apply: page is the first rule alone, default those that two lists a Region decide, full all",
		},
		{Key: "window", Kind: Duration, Default: "24h", Placeholder: "DURATION", Doc: "how recent a record must be to prove arrival"},
		{
			Key: "read-records", Kind: Switch,
			Doc: "read the newest records too, which say who talked to whom; needs logs:GetLogEvents and s3:GetObject",
		},
		{Key: "sample", Kind: Count, Default: "0", Placeholder: "COUNT", Doc: "how many of the newest records of each flow log to show, with --read-records"},
		{
			Key: "fail-on", Kind: Text, Default: "low", Allowed: []string{"low", "medium", "high", "critical", "none"},
			Doc: "lowest severity of a failing finding that makes exit status 3",
		},
		{Key: "baseline", Kind: Text, Placeholder: "FILE", Doc: "earlier JSON or JSON Lines report of scan: what failed then does not count for exit status 3"},
		{Key: "allow-gaps", Kind: Switch, Doc: "an incomplete read does not make exit status 5"},
	}
}

func telling() []Setting {
	return []Setting{
		{
			Key: "format", Kind: Text, Default: "text", Allowed: []string{"text", "json", "jsonl", "markdown"},
			Doc: "how to write the result; jsonl for runs of rules, markdown for plans",
		},
		{Key: "output", Kind: Text, Placeholder: "FILE", Doc: "where to write it; none means standard output"},
		{
			Key: "report", Kind: List, Placeholder: "FORMAT=FILE",
			Pattern: `(text|json|jsonl)=[^,\n]+`, Form: "FORMAT=FILE with a format of text, json or jsonl",
			Doc: "another report of the same run",
		},
		{Key: "no-color", Kind: Switch, Doc: "no colour, on a terminal either"},
		{Key: "quiet", Kind: Switch, Doc: "no progress, and nothing on standard error but errors"},
		{Key: "verbose", Kind: Switch, Doc: "show what passes too"},
	}
}

func policies() []Setting {
	return []Setting{
		{
			Key: "policy.traffic", Kind: Text, Default: "reject", Allowed: []string{"reject", "all"}, NoFlag: true,
			Doc: "traffic that flow-log-traffic-check asks to be recorded",
		},
		{
			Key: "policy.retention-days", Kind: Count, Default: "365", Placeholder: "DAYS", NoFlag: true,
			Doc: "how long flow-log-retention-check asks records to be kept; 0 asks for nothing",
		},
		{
			Key: "policy.encryption", Kind: Switch, NoFlag: true,
			Doc: "flow-log-encryption-check asks for a customer-managed key at the destination",
		},
		{
			Key: "policy.format", Kind: List, Placeholder: "FIELD", NoFlag: true,
			Pattern: `[a-z][a-z0-9]*(-[a-z0-9]+)*`, Form: "the name of a field of flow log records, such as flow-direction",
			Doc: "fields that flow-log-format-check asks records to have; none asks for nothing",
		},
		{
			Key: "policy.destination-types", Kind: List, Placeholder: "TYPE", NoFlag: true,
			Pattern: `cloudwatch-logs|s3|firehose`, Form: "cloudwatch-logs, s3 or firehose",
			Doc: "where flow-log-destination-check allows flow logs to deliver; none allows all: cloudwatch-logs, s3, firehose",
		},
		{
			Key: "policy.subnet-coverage", Kind: Switch, NoFlag: true,
			Doc: "working flow logs on every subnet of a VPC do in place of one on the VPC itself",
		},
		{
			Key: "policy.single-destination", Kind: Switch, NoFlag: true,
			Doc: "the traffic asked for has to arrive whole at one destination; what two hold together does not do",
		},
		{
			Key: "policy.nat-gateways", Kind: Switch, NoFlag: true,
			Doc: "flow-log-coverage-check asks regional NAT gateways to have a flow log of their own",
		},
	}
}

func planning() []Setting {
	return []Setting{
		{Key: "out", Kind: Text, Placeholder: "FILE", Doc: "where to save the plan for apply"},
		{
			Key: "export", Kind: Text, Placeholder: "KIND",
			Pattern: `terraform|cloudformation|cli`, Form: "terraform, cloudformation or cli",
			Doc: "write the plan as code in place of --format: terraform, cloudformation, or cli for a bash script",
		},
		{Key: "resource", Kind: List, Placeholder: "GLOB", Doc: "VPCs to plan for, by id; globs allowed; none means all"},
		{
			Key: "tag", Kind: List, Placeholder: "KEY=VALUE", Pattern: tagPattern, Form: "KEY=VALUE",
			Doc: "VPCs to plan for, by tag; all of several must fit",
		},
		{Key: "change-existing", Kind: Switch, Doc: "plan changes to what flowproof did not make: each adds, and is a step of its own"},
		{Key: "gb-per-vpc", Kind: Number, Default: "0", Placeholder: "GB", Doc: "flow log data of a VPC in a month, for the estimate; 0 means not known"},
	}
}

// tagPattern is a tag as people write it.
const tagPattern = `[^=,\s][^=,]*=[^,]*`

// delivering is how VPCs are to be recorded.
func delivering() []Setting {
	return []Setting{
		{
			Key: "destination", Kind: Text, Default: "cloudwatch-logs", Allowed: []string{"cloudwatch-logs", "s3", "firehose"},
			Doc: "where flow logs deliver",
		},
		{
			Key: "log-group", Kind: Text, Default: "MyFlowLogs", Placeholder: "NAME",
			Doc: "log group for cloudwatch-logs; {account}, {region} and {vpc} may stand in it",
		},
		{Key: "delivery-role", Kind: Text, Default: "flowproof-delivery", Placeholder: "NAME", Doc: "role that delivers to cloudwatch-logs: reused, or made in each account"},
		{Key: "role-path", Kind: Text, Placeholder: "PATH", Doc: "path of a delivery role that is made, such as /network/"},
		{Key: "permissions-boundary", Kind: Text, Placeholder: "ARN", Doc: "permissions boundary of a delivery role that is made; {account} may stand in it"},
		{Key: "retention-days", Kind: Number, Default: "365", Placeholder: "DAYS", Doc: "how long a log group keeps records; 0 leaves it to whoever owns it"},
		{Key: "kms-key", Kind: Text, Placeholder: "ARN", Doc: "key that encrypts the log group; {region} and {account} may stand in it"},
		{Key: "bucket", Kind: Text, Placeholder: "ARN", Doc: "existing bucket for s3"},
		{Key: "prefix", Kind: Text, Placeholder: "PREFIX", Doc: "where in the bucket"},
		{Key: "file-format", Kind: Text, Default: "plain-text", Allowed: []string{"plain-text", "parquet"}, Doc: "how records lie in the bucket"},
		{Key: "hive-partitions", Kind: Switch, Doc: "folders of the bucket as Hive names them"},
		{Key: "per-hour", Kind: Switch, Doc: "a folder of the bucket for each hour"},
		{Key: "stream", Kind: Text, Placeholder: "ARN", Doc: "existing stream for firehose; {region} and {account} may stand in it"},
		{Key: "source-role", Kind: Text, Placeholder: "ARN", Doc: "role in the account of the VPCs, for a stream in another account"},
		{Key: "cross-account-role", Kind: Text, Placeholder: "ARN", Doc: "role in the account of the stream, for a stream in another account"},
		{Key: "traffic", Kind: Text, Default: "ALL", Allowed: []string{"ALL", "REJECT", "ACCEPT"}, Doc: "traffic that new flow logs record"},
		{Key: "interval", Kind: Number, Default: "600", Placeholder: "SECONDS", Doc: "longest time that one record covers: 60 or 600"},
		{
			Key: "log-format", Kind: Text, Default: "default", Placeholder: "FORMAT",
			Doc: "format of records: default, v3, v4, v5, v8, v10, v11 for all fields up to that version, or ${...} fields",
		},
		{
			Key: "tag-field", Kind: List, Placeholder: "RESOURCE=KEY", Pattern: `(instance|network-interface|auto-scaling-group)=[^,]+`, Form: "instance=KEY, network-interface=KEY or auto-scaling-group=KEY",
			Doc: "tag that records show, in a format with its field (instance-tag, interface-tag-2, ...): up to two keys each",
		},
		{
			Key: "with-tag", Kind: List, Placeholder: "KEY=VALUE", Pattern: tagPattern, Form: "KEY=VALUE",
			Doc: "tag of everything that is made, beside flowproof's own",
		},
	}
}

// applying is how a plan is carried out, verified and taken back.
func applying() []Setting {
	return []Setting{
		{Key: "journal", Kind: Text, Placeholder: "FILE", Doc: "what was done about a plan; none means beside the plan, as PLAN.journal"},
		{Key: "max-age", Kind: Duration, Default: "24h", Placeholder: "DURATION", Doc: "how old what was read may be: behind a plan that is applied, in a checkpoint that is gone on from"},
		{Key: "max-failures", Kind: Number, Default: "10", Placeholder: "COUNT", Doc: "begin nothing more after so many failed steps; 0 means no limit"},
		{Key: "at-once", Kind: Number, Default: "8", Placeholder: "COUNT", Doc: "changes that are on their way at once"},
	}
}

// Find returns the setting with the given key.
func Find(key string) (Setting, bool) {
	table := Table()
	i := slices.IndexFunc(table, func(s Setting) bool { return s.Key == key })
	if i < 0 {
		return Setting{}, false
	}
	return table[i], true
}
