package awslive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"

	"flowproof/internal/inventory"
	"flowproof/internal/spelling"
)

// ErrProfile means that the configuration names a profile that there is not.
var ErrProfile = errors.New("no such profile")

// profile is what the environment and the AWS configuration files say.
type profile struct {
	name   string
	typed  bool // a person named it for this run: it counts before the environment's credentials
	there  bool // the files have it
	env    config.EnvConfig
	shared config.SharedConfig

	config, credentials iniFile
}

// readProfile reads the profile that is asked for: by name, else by the environment, else the
// default one, which need not be there.
func readProfile(ctx context.Context, name string) (profile, error) {
	env, err := config.NewEnvConfig()
	if err != nil {
		return profile{}, fmt.Errorf("read the AWS environment variables: %w", err)
	}
	asked := cmp.Or(name, env.SharedConfigProfile)
	p := profile{name: cmp.Or(asked, config.DefaultSharedConfigProfile), typed: name != "", env: env}
	configFile := cmp.Or(env.SharedConfigFile, config.DefaultSharedConfigFilename())
	credentialsFile := cmp.Or(env.SharedCredentialsFile, config.DefaultSharedCredentialsFilename())
	p.config, p.credentials = readINI(configFile), readINI(credentialsFile)
	p.shared, err = config.LoadSharedConfigProfile(ctx, p.name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{configFile}, []string{credentialsFile}
		o.Logger = logging.Nop{}
	})
	var missing config.SharedConfigProfileNotExistError
	p.there = !errors.As(err, &missing)
	switch {
	case errors.As(err, &missing) && missing.Profile != p.name:
		return p, fmt.Errorf("profile %q: %w", p.name, p.missing("its source_profile ", missing.Profile))
	case errors.As(err, &missing) && asked != "":
		return p, p.missing("", p.name)
	case errors.As(err, &missing):
		return p, nil
	case err != nil:
		return p, p.unusable(err)
	}
	return p, nil
}

// readINI reads a file that need not be there.
func readINI(path string) iniFile {
	raw, err := os.ReadFile(path) //nolint:gosec // the user's own file, at the place that the AWS CLI knows
	if err != nil {
		return iniFile{} // the SDK reads it too, and takes it for empty as well
	}
	return parseINI(string(raw))
}

// listedProfiles bounds a message: some people have hundreds.
const listedProfiles = 20

// missing is the error about a profile that is not there: which there are, and the nearest.
func (p profile) missing(role, name string) error {
	known := p.names()
	if slices.Contains(p.config.names, name) {
		return fmt.Errorf("%w: %s%q: the AWS configuration file has [%s], which must be written [profile %s]", ErrProfile, role, name, name, name)
	}
	if len(known) == 0 {
		return fmt.Errorf("%w: %s%q: the AWS configuration files hold no profile", ErrProfile, role, name)
	}
	return fmt.Errorf("%w: %s%q%s; there are: %s", ErrProfile, role, name, spelling.Hint(name, known), listOf(known))
}

// listOf is a list of names that ends somewhere.
func listOf(names []string) string {
	if len(names) > listedProfiles {
		return strings.Join(names[:listedProfiles], ", ") + fmt.Sprintf(" and %d more", len(names)-listedProfiles)
	}
	return strings.Join(names, ", ")
}

// names are the profiles of both files.
func (p profile) names() []string {
	var names []string
	for _, section := range p.config.names {
		if name, ok := strings.CutPrefix(section, "profile "); ok {
			names = append(names, strings.Trim(name, `"'`))
		} else if section == config.DefaultSharedConfigProfile {
			names = append(names, section)
		}
	}
	names = append(names, p.credentials.names...)
	slices.Sort(names)
	return slices.Compact(names)
}

// said is a key of the profile, of the credentials file before the configuration file, as the AWS CLI
// (botocore, Session.full_config) reads them. The SDK gives most keys; it drops some, endpoint_url
// among them, where the profile stands in both files.
func (p profile) said(key string) string {
	section := "profile " + p.name
	if _, prefixed := p.config.sections[section]; !prefixed && p.name == config.DefaultSharedConfigProfile {
		section = p.name
	}
	return cmp.Or(p.credentials.sections[p.name][key], p.config.sections[section][key])
}

// maxWhole bounds numbers of seconds and of attempts: a day.
const maxWhole = 24 * 60 * 60

// whole is a number from 1 that the environment or the profile says.
func (p profile) whole(variable, key string, usual int) (int, error) {
	said, from := os.Getenv(variable), variable
	if said == "" {
		said, from = p.said(key), fmt.Sprintf("%s of profile %q", key, p.name)
	}
	if said == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(said)
	if err != nil || n < 1 || n > maxWhole {
		return 0, fmt.Errorf("%s is %q: it must be a number from 1 to %d", from, said, maxWhole)
	}
	return n, nil
}

// unusable is the error about a profile that is there and cannot be used.
func (p profile) unusable(err error) error {
	var source config.SharedConfigAssumeRoleError
	var nobody config.AssumeRoleTokenProviderNotSetError
	if errors.As(err, &nobody) {
		return &CredentialsError{
			Cause: inventory.Credentials, err: err,
			Message: fmt.Sprintf("profile %q asks for an MFA code and nobody can be asked: get a session first (aws sts get-session-token), then run with it", p.name),
			Advice:  "aws sts get-session-token --serial-number DEVICE --token-code CODE, where the code can be typed; then set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
		}
	}
	if errors.As(err, &source) && source.Err == nil {
		return &CredentialsError{
			Cause: inventory.Credentials, err: err,
			Message: p.about(fmt.Sprintf("its source_profile %q holds no credentials", source.Profile)),
			Advice:  fmt.Sprintf("give profile %q credentials (aws configure --profile, or another source), or name another source_profile", source.Profile),
		}
	}
	if bundle := cmp.Or(p.env.CustomCABundle, p.shared.CustomCABundle); bundle != "" && strings.Contains(err.Error(), bundle) {
		err = fmt.Errorf("read the CA bundle: %w", err)
	}
	if todo := wayOut(err); todo != "" {
		err = fmt.Errorf("%w; %s", err, todo)
	}
	return fmt.Errorf("load the AWS configuration, profile %q: %w", p.name, err)
}
