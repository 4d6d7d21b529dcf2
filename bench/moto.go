package main

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// account is the account that moto answers for.
const account = "123456789012"

// home is the Region that the tools are told is theirs.
const home = "us-east-1"

// regions are those enabled in the account of the comparison: what AWS enables in a new account.
var regions = []string{
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
	"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}

// moto is a moto server: an AWS that this project did not write, so that flowproof is not
// compared with others at home.
type moto struct{ endpoint string }

// serveMoto is moto's own command, which ends when its standard input does: no server outlives us.
const serveMoto = `
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
main()
`

var motoRuns = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// startMoto starts a server with nothing in it but what moto gives every account.
func startMoto(venv string) (moto, func(), error) {
	cmd := exec.Command(filepath.Join(venv, "bin", "python"), "-c", serveMoto, "-H", "127.0.0.1", "-p", "0") //nolint:gosec // G204: the path is of the virtual environment beside go.mod
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "PYTHONUNBUFFERED=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return moto{}, nil, err
	}
	logs, err := cmd.StderrPipe()
	if err != nil {
		return moto{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return moto{}, nil, fmt.Errorf("start moto (make venv installs it): %w", err)
	}
	stop := func() { _ = stdin.Close(); _ = cmd.Wait() }
	var said strings.Builder
	for lines := bufio.NewScanner(logs); lines.Scan(); {
		if m := motoRuns.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, logs) }() // a line a request, which nobody reads
			return moto{endpoint: m[1]}, stop, nil
		}
		said.WriteString(lines.Text() + "\n")
	}
	stop()
	return moto{}, nil, fmt.Errorf("moto did not start; it said:\n%s", said.String())
}

// query sends a call of a query protocol and returns the text of the first element named want.
func (m moto) query(service, region, want string, form url.Values) (string, error) {
	form.Set("Version", map[string]string{"ec2": "2016-11-15", "iam": "2010-05-08"}[service])
	body, err := m.send(service, region, "application/x-www-form-urlencoded", "", form.Encode())
	if err != nil {
		return "", fmt.Errorf("%s in %s: %w", form.Get("Action"), region, err)
	}
	if want == "" {
		return "", nil
	}
	for decoder := xml.NewDecoder(strings.NewReader(body)); ; {
		token, err := decoder.Token()
		if err != nil {
			return "", fmt.Errorf("%s in %s: no %s in the answer: %w", form.Get("Action"), region, want, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == want {
			var text string
			return text, decoder.DecodeElement(&text, &start)
		}
	}
}

// logs sends a call of CloudWatch Logs about one group.
func (m moto) logs(region, action, group string) error {
	_, err := m.send("logs", region, "application/x-amz-json-1.1", "Logs_20140328."+action, fmt.Sprintf(`{"logGroupName": %q}`, group))
	return err
}

func (m moto) send(service, region, contentType, target, body string) (string, error) {
	req, err := http.NewRequest(http.MethodPost, m.endpoint, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20200101/"+region+"/"+service+"/aws4_request")
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %s: %s", res.Status, answer)
	}
	return string(answer), err
}
