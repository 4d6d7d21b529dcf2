package remediate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"flowproof/internal/filelock"
)

// JournalSchema names the journal's format.
const JournalSchema = "flowproof.journal/v1"

// ErrJournal means that a file is not the journal of this plan, or that somebody else is
// writing it: nothing was sent and the file is as it was.
var ErrJournal = errors.New("journal refused")

// Journal is what was done about one plan: JSON lines, only ever appended to. Whoever is killed
// leaves behind what was about to be sent and what was answered, so that the next run knows
// what to look for. It is locked while it is open, and may be used by several goroutines.
type Journal struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	file    *os.File
	write   func([]byte) error // to the disk, not only to the file; replaced by tests that pull the plug
	sync    func(*os.File) error
	records []Record
	broken  error // of the first write that failed: nothing may follow a torn line
	torn    bool  // the last line was incomplete when the journal was opened
}

// Record is one line of a journal: the field named by Type is set, and no other.
type Record struct {
	Type   RecordType `json:"type"`
	At     time.Time  `json:"at"`
	Open   *Opened    `json:"open,omitempty"`
	Intent *Intent    `json:"intent,omitempty"`
	Answer *Answered  `json:"answer,omitempty"`
	Step   *Settled   `json:"step,omitempty"`
	Guard  *Guarded   `json:"guard,omitempty"`
}

// RecordType says which field of a Record is set.
type RecordType string

// The types of records.
const (
	RecordOpen   RecordType = "open"   // a command begins
	RecordIntent RecordType = "intent" // a request is about to be sent
	RecordAnswer RecordType = "answer" // what came of it
	RecordStep   RecordType = "step"   // what became of a step
	RecordGuard  RecordType = "guard"  // a bucket policy was looked at after EC2 had a chance to change it
)

// Command is what a journal record belongs to.
type Command string

// The commands that write a journal.
const (
	CommandApply    Command = "apply"
	CommandRollback Command = "rollback"
)

// Opened says who began to write, for the one who is kept out meanwhile.
type Opened struct {
	Command Command `json:"command"`
	PID     int     `json:"pid"`
	Host    string  `json:"host"`
	Version string  `json:"version"`
}

// Intent is a request that is about to be sent.
type Intent struct {
	Command Command       `json:"command"`
	Call    string        `json:"call"`
	Send    int           `json:"send"` // counts the requests of this call and command, from 1
	Account string        `json:"account"`
	Region  string        `json:"region"`
	Steps   []string      `json:"steps"`
	Token   string        `json:"token,omitempty"` // ClientToken, where the API has one
	API     API           `json:"api"`
	Bucket  *BucketBefore `json:"bucket,omitempty"` // for flow logs to S3: what EC2 might overwrite
}

// BucketBefore is a bucket's policy before a request during which EC2 may replace it.
type BucketBefore struct {
	Name   string `json:"name"`
	Region string `json:"region"`
	Policy string `json:"policy"`
}

// Answered is what came of a request. Code and Message are set when it failed as a whole.
type Answered struct {
	Command      Command        `json:"command"`
	Call         string         `json:"call"`
	Send         int            `json:"send"`
	Created      []string       `json:"created,omitempty"` // ids, in the order of the answer
	Unsuccessful []Unsuccessful `json:"unsuccessful,omitempty"`
	Code         string         `json:"code,omitempty"`
	Message      string         `json:"message,omitempty"`
}

// Settled is what became of a step. Ours says that flowproof made the resource or wrote the
// value, which rollback needs to know before it looks at tags; Made is its id where AWS chose it.
type Settled struct {
	Command Command `json:"command"`
	Step    string  `json:"step"`
	Outcome Outcome `json:"outcome"`
	Ours    bool    `json:"ours"`
	Made    string  `json:"made,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// Guarded says that the policy of a bucket was looked at after a request of a call.
type Guarded struct {
	Call     string `json:"call"`
	Send     int    `json:"send"`
	Restored bool   `json:"restored"`
	Detail   string `json:"detail,omitempty"`
}

// OpenJournal opens the journal of a plan for writing, locks it and records who opened it. With
// create it begins one where there is none; else a missing journal is an error. A torn last
// line, as a crash leaves it, is cut off: what it was about had not happened yet, or is found
// out by reading the account again.
func OpenJournal(path string, p Plan, who Opened, now func() time.Time, create bool) (*Journal, error) {
	return openJournal(path, p, who, now, create, (*os.File).Sync)
}

// openJournal is OpenJournal with another way to the disk, for tests that open thousands.
func openJournal(path string, p Plan, who Opened, now func() time.Time, create bool, sync func(*os.File) error) (*Journal, error) {
	flags := os.O_RDWR | os.O_APPEND
	if create {
		flags |= os.O_CREATE
	}
	file, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // the user names their own journal
	if errors.Is(err, os.ErrNotExist) && !create {
		return nil, fmt.Errorf("%w: there is no %s, so nothing is known to have been made by this plan", ErrJournal, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	j := &Journal{path: path, file: file, now: now, sync: sync}
	j.write = j.writeSynced
	if err := j.begin(p, who); err != nil {
		return nil, errors.Join(err, file.Close()) // the lock may be somebody else's
	}
	return j, nil
}

// begin takes the lock, reads what is there and adds the header and the opening record.
func (j *Journal) begin(p Plan, who Opened) error {
	info, err := j.file.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is not a regular file", ErrJournal, j.path)
	}
	if err := j.lock(); err != nil {
		return err
	}
	raw, err := io.ReadAll(io.NewSectionReader(j.file, 0, 1<<62))
	if err != nil {
		return fmt.Errorf("%w: read %s: %w", ErrJournal, j.path, err)
	}
	records, whole, err := parseJournal(raw, p.Hash)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrJournal, j.path, err)
	}
	j.records, j.torn = records, whole < len(raw)
	if j.torn {
		if err := j.file.Truncate(int64(whole)); err != nil {
			return fmt.Errorf("cut the torn line off %s: %w", j.path, err)
		}
	}
	if err := j.file.Chmod(0o600); err != nil {
		return fmt.Errorf("keep %s to its owner: %w", j.path, err)
	}
	if whole == 0 {
		if err := j.write(journalHeader(p.Hash)); err != nil {
			return fmt.Errorf("begin %s: %w", j.path, err)
		}
		if err := j.syncFolder(); err != nil {
			return fmt.Errorf("begin %s: %w", j.path, err)
		}
	}
	return j.append(Record{Type: RecordOpen, Open: &who})
}

// lock keeps everybody else out, and says who it is that keeps us out.
func (j *Journal) lock() error {
	err := filelock.Lock(j.file)
	if errors.Is(err, filelock.ErrLocked) {
		return fmt.Errorf("%w: %s is being written by %s", ErrJournal, j.path, j.holder())
	}
	if err != nil {
		return fmt.Errorf("%w: lock %s: %w", ErrJournal, j.path, err)
	}
	return nil
}

// holder names who has the journal open: the last one who said so in it.
func (j *Journal) holder() string {
	raw, err := io.ReadAll(io.NewSectionReader(j.file, 0, 1<<62))
	if err != nil {
		return "another process"
	}
	for lines := bytes.Split(raw, []byte("\n")); len(lines) > 0; lines = lines[:len(lines)-1] {
		var r Record
		if json.Unmarshal(lines[len(lines)-1], &r) == nil && r.Open != nil {
			return fmt.Sprintf("flowproof %s, process %d on %s since %s",
				r.Open.Command, r.Open.PID, r.Open.Host, r.At.Format(time.RFC3339))
		}
	}
	return "another process"
}

// Torn reports whether the last line was incomplete, as after a crash, and was cut off.
func (j *Journal) Torn() bool { return j.torn }

// Path is where the journal lies.
func (j *Journal) Path() string { return j.path }

// Close gives the lock back, at once even where another process was started meanwhile and has not
// let go of the file yet. What was appended is on the disk already.
func (j *Journal) Close() error { return errors.Join(filelock.Unlock(j.file), j.file.Close()) }

// append writes records in one go and returns when they are on the disk. After an error nothing
// more can be appended: the line may be torn.
func (j *Journal) append(records ...Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	var lines bytes.Buffer
	for i := range records {
		records[i].At = j.now().UTC()
		line, err := json.Marshal(records[i])
		if err != nil {
			return fmt.Errorf("encode a journal record: %w", err)
		}
		lines.Write(line)
		lines.WriteByte('\n')
	}
	if err := j.write(lines.Bytes()); err != nil {
		j.broken = fmt.Errorf("write the journal %s: %w", j.path, err)
		return j.broken
	}
	j.records = append(j.records, records...)
	return nil
}

func (j *Journal) writeSynced(b []byte) error {
	if _, err := j.file.Write(b); err != nil {
		return err
	}
	return j.sync(j.file)
}

// History is what the journal says so far.
func (j *Journal) History() History {
	j.mu.Lock()
	defer j.mu.Unlock()
	return replay(j.records)
}

// ReadHistory reads the journal of a plan without locking it, as verify does. No journal is an
// empty history.
func ReadHistory(path string, p Plan) (History, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // the user names their own journal
	if errors.Is(err, os.ErrNotExist) {
		return replay(nil), nil
	}
	if err != nil {
		return History{}, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	records, _, err := parseJournal(raw, p.Hash)
	if err != nil {
		return History{}, fmt.Errorf("%w: %s: %w", ErrJournal, path, err)
	}
	return replay(records), nil
}

// journalHeader is the first line. It is the same for every journal of a plan, so that a header
// which was cut short can be told from somebody's other file.
func journalHeader(hash string) []byte {
	return []byte(`{"schema":"` + JournalSchema + `","plan":"` + hash + `"}` + "\n")
}

// parseJournal reads the records and says how many bytes of the file are whole lines. Only the
// last line may be incomplete; anything else that is wrong is somebody's edit or another file.
func parseJournal(raw []byte, hash string) (records []Record, whole int, err error) {
	header := journalHeader(hash)
	if len(raw) < len(header) && bytes.HasPrefix(header, raw) {
		return nil, 0, nil
	}
	if !bytes.HasPrefix(raw, header) {
		return nil, 0, wrongHeader(raw, hash)
	}
	whole = len(header)
	for line := 2; whole < len(raw); line++ {
		end := bytes.IndexByte(raw[whole:], '\n')
		if end < 0 {
			break // the last line is torn
		}
		r, err := parseRecord(raw[whole : whole+end])
		if err != nil {
			return nil, 0, fmt.Errorf("line %d is damaged: %w", line, err)
		}
		records = append(records, r)
		whole += end + 1
	}
	return records, whole, nil
}

// wrongHeader says what a file is that is not the journal of the plan.
func wrongHeader(raw []byte, hash string) error {
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	var header struct {
		Schema string `json:"schema"`
		Plan   string `json:"plan"`
	}
	if json.Unmarshal(first, &header) != nil || header.Schema == "" {
		return errors.New("it is not a journal; it was left as it is")
	}
	if header.Schema != JournalSchema {
		return fmt.Errorf("its schema is %q and this version of flowproof takes %q", header.Schema, JournalSchema)
	}
	return fmt.Errorf("it belongs to another plan, %s, and this one is %s; give each plan its own journal with --journal", header.Plan, hash)
}

func parseRecord(line []byte) (Record, error) {
	var r Record
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Record{}, err
	}
	if dec.More() {
		return Record{}, errors.New("more than one value")
	}
	set := map[RecordType]bool{
		RecordOpen: r.Open != nil, RecordIntent: r.Intent != nil, RecordAnswer: r.Answer != nil,
		RecordStep: r.Step != nil, RecordGuard: r.Guard != nil,
	}
	for kind, is := range set {
		if is != (kind == r.Type) {
			return Record{}, fmt.Errorf("a record of type %q with other fields than its own", r.Type)
		}
	}
	if _, known := set[r.Type]; !known {
		return Record{}, fmt.Errorf("a record of type %q, which this version does not know", r.Type)
	}
	return r, nil
}

// syncFolder makes a new file's name survive a crash.
func (j *Journal) syncFolder() error {
	folder, err := os.Open(filepath.Dir(j.path))
	if err != nil {
		return err
	}
	return errors.Join(j.sync(folder), folder.Close())
}
