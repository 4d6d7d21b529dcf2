package finding

import (
	"time"

	"flowproof/internal/inventory"
)

// Arrival is what is known of the records that a flow log delivered lately.
type Arrival struct {
	Since   time.Time      `json:"since"`             // the window's edge
	Newest  time.Time      `json:"newest,omitzero"`   // record within the window; zero where none was seen
	Sign    inventory.Sign `json:"sign,omitempty"`    // what it was seen by
	InUse   int            `json:"in_use"`            // network interfaces in use that the flow log is on
	Seen    []SeenOf       `json:"seen"`              // interfaces that records were seen of, whether or not they are still there
	Unseen  []string       `json:"unseen"`            // interfaces in use that no record was seen of, which does not say that any were lost
	Blind   string         `json:"blind,omitempty"`   // why records could be there unseen
	Records *Records       `json:"records,omitempty"` // where records were read
}

// SeenOf is an interface and its newest record.
type SeenOf struct {
	Interface string    `json:"interface"`
	Newest    time.Time `json:"newest"`
}

// Records counts the newest records of a flow log, as far as they were read.
type Records struct {
	Read       int      `json:"read"`
	OK         int      `json:"ok"`
	NoData     int      `json:"nodata"`                   // intervals without traffic
	SkipData   int      `json:"skipdata"`                 // intervals of which AWS lost records
	Incomplete int      `json:"incompletedata,omitempty"` // intervals of Cloud WAN of which AWS captured a part
	Other      int      `json:"other"`
	Malformed  int      `json:"malformed"`
	Files      int      `json:"files"`   // of a bucket that were read, the newest first, until one held a record
	Empty      int      `json:"empty"`   // files without a record, read or of no size
	Partial    bool     `json:"partial"` // something was not read to its end
	Extent     string   `json:"extent"`  // how far it was read; hostile where it names a file
	Lines      []string `json:"lines"`   // the newest of them, as many as were asked for; hostile
}
