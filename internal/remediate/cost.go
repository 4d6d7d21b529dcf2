package remediate

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"flowproof/internal/inventory"
)

//go:embed prices.json
var priceData []byte

// prices is the table of what AWS asks for flow logs, in each Region where it is known. Rates in
// other Regions differ by up to about a half.
type prices struct {
	Date     string             `json:"date"`
	Source   string             `json:"source"`
	Currency string             `json:"currency"`
	TiersGB  []float64          `json:"tiers_gb"`  // a month, up to which each rate of a list counts; the last has no end
	LogsKept float64            `json:"logs_kept"` // part of its size that a log group stores, compressed (AWS Pricing Calculator)
	Regions  map[string]ratesGB `json:"regions"`
	Same     map[string]string  `json:"same"` // Regions with the rates of another
}

// ratesGB are prices of a GB: for delivery by tier, for storage a month. Conversion to Parquet comes
// on top of delivery (CloudWatch pricing, vended logs).
type ratesGB struct {
	Logs        []float64 `json:"logs"`
	LogsStorage float64   `json:"logs_storage"`
	S3          []float64 `json:"s3"`
	S3Parquet   float64   `json:"s3_parquet"`
	Firehose    []float64 `json:"firehose"`
}

// baseRegion is the Region whose rates stand in where none are known.
const baseRegion = "us-east-1"

func loadPrices() (prices, error) {
	var t prices
	if err := json.Unmarshal(priceData, &t); err != nil {
		return t, fmt.Errorf("read the price table: %w", err)
	}
	return t, nil
}

// of gives the rates of a Region, and the Region whose rates they are.
func (t prices) of(region string) (string, ratesGB) {
	from := region
	if same, ok := t.Same[region]; ok {
		from = same
	}
	if _, ok := t.Regions[from]; !ok {
		from = baseRegion
	}
	return from, t.Regions[from]
}

// borrowed says whether a Region's own rates are unknown.
func (t prices) borrowed(region string) bool {
	_, own := t.Regions[region]
	_, same := t.Same[region]
	return !own && !same
}

// tiered is the price of a month's volume under falling rates.
func (t prices) tiered(gb float64, rates []float64) float64 {
	total, from := 0.0, 0.0
	for i, rate := range rates {
		upTo := math.Inf(1)
		if i < len(t.TiersGB) {
			upTo = t.TiersGB[i]
		}
		total += max(0, min(gb, upTo)-from) * rate
		from = upTo
	}
	return total
}

// monthly is the price of a month's volume at the policy's destination.
func (t prices) monthly(p Policy, rates ratesGB, gb float64) float64 {
	switch {
	case p.parquet():
		return t.tiered(gb, rates.S3) + gb*rates.S3Parquet
	case p.Destination == ToS3:
		return t.tiered(gb, rates.S3)
	case p.Destination == ToFirehose:
		return t.tiered(gb, rates.Firehose)
	}
	stored := gb * t.LogsKept * float64(p.storedDays()) / daysPerMonth
	return t.tiered(gb, rates.Logs) + stored*rates.LogsStorage
}

func (p Policy) parquet() bool { return p.Destination == ToS3 && p.FileFormat == "parquet" }

// factors says what monthly multiplies a volume by.
func (t prices) factors(p Policy, rates ratesGB) string {
	delivery := map[Destination][]float64{ToS3: rates.S3, ToFirehose: rates.Firehose, ToCloudWatchLogs: rates.Logs}[p.Destination]
	text := fmt.Sprintf("%s %s a GB for delivery", number(delivery[0]), t.Currency)
	for i, rate := range delivery[1:] {
		text += fmt.Sprintf(", %s above %s TB a month", number(rate), number(t.TiersGB[i]/1024))
	}
	switch {
	case p.parquet():
		text += fmt.Sprintf(", and %s %s a GB for conversion to Parquet", number(rates.S3Parquet), t.Currency)
	case p.Destination == ToCloudWatchLogs:
		text += fmt.Sprintf(", and %s %s a GB and month for storage of %s %% of it", number(rates.LogsStorage), t.Currency, number(100*t.LogsKept))
	}
	return text
}

const (
	daysPerMonth = 365.0 / 12
	bytesPerGB   = 1 << 30
)

// volume is how much a flow log is taken to deliver each month, and why.
type volume struct {
	gb    float64
	known bool
	basis string
}

// price adds the estimate to a plan: of each flow log, and of all.
func (p *planner) price(plan *Plan) error {
	table, err := loadPrices()
	if err != nil {
		return err
	}
	plan.Cost = Cost{Currency: table.Currency, PricesFrom: table.Source, PricesDate: table.Date, Assumptions: []string{}}
	volumes := make([]volume, len(plan.Steps))
	total := map[[2]string]float64{} // GB of an account in a Region: rates fall with the sum
	for i, s := range plan.Steps {
		if s.Action == CreateFlowLog {
			volumes[i] = p.volumeOf(s)
			total[[2]string{s.Account, s.Region}] += volumes[i].gb
		}
	}
	used, sum, priced := map[string][]string{}, 0.0, false
	for i := range plan.Steps {
		s := &plan.Steps[i]
		switch {
		case s.Action != CreateFlowLog:
			s.Cost = StepCost{Monthly: new(float64), Basis: "AWS asks nothing for it"}
		case p.partition != "aws":
			s.Cost = StepCost{Basis: "unknown: the price table has no rates of " + p.partition}
		case !volumes[i].known:
			s.Cost = StepCost{Basis: volumes[i].basis}
		default:
			from, rates := table.of(s.Region)
			used[from] = append(used[from], s.Region)
			all := total[[2]string{s.Account, s.Region}]
			share := 0.0
			if all > 0 {
				share = cents(table.monthly(p.policy, rates, all) * volumes[i].gb / all)
			}
			s.Cost = StepCost{Monthly: &share, Basis: volumes[i].basis}
			sum, priced = sum+share, true
		}
		if s.Cost.Monthly == nil {
			plan.Cost.Unknown++
		}
	}
	if priced {
		sum = cents(sum)
		plan.Cost.Monthly = &sum
		plan.Cost.Assumptions = p.assumptions(table, used)
	}
	return nil
}

func cents(amount float64) float64 { return math.Round(amount*100) / 100 }

// volumeOf takes the volume that was given, else what the flow log's own group has taken in so far.
func (p *planner) volumeOf(s Step) volume {
	if p.policy.GBPerVPC > 0 {
		return volume{gb: p.policy.GBPerVPC, known: true, basis: number(p.policy.GBPerVPC) + " GB a month, as given"}
	}
	unknown := volume{basis: "unknown: no volume was given (--gb-per-vpc) and none was measured"}
	i := slices.IndexFunc(p.scopes, func(inv *inventory.Inventory) bool { return inv.Account == s.Account && inv.Region == s.Region })
	if i < 0 || p.policy.Destination != ToCloudWatchLogs {
		return unknown
	}
	inv := p.scopes[i]
	name := expandGroup(p.policy.LogGroup, inv.Scope, s.Resource)
	group, exists, _ := inv.LogGroup(name)
	age := inv.ReadAt.Sub(group.Created)
	const least = 24 * time.Hour // what came in within less says little about a month
	if !exists || group.StoredBytes == 0 || group.Created.IsZero() || age < least {
		return unknown
	}
	days := age.Hours() / 24
	if group.RetentionDays > 0 {
		days = min(days, float64(group.RetentionDays))
	}
	from := 0
	for _, l := range inv.FlowLogs {
		if l.GroupName() == name {
			from++
		}
	}
	gb := float64(group.StoredBytes) / bytesPerGB / days * daysPerMonth / float64(max(from, 1))
	return volume{gb: gb, known: true, basis: fmt.Sprintf(
		"%s GB a month: %s holds %s GB of %s days, from %s", number(gb), name, number(float64(group.StoredBytes)/bytesPerGB), number(days), count(max(from, 1), "flow log"))}
}

// storedDays is how long the estimate takes records to be kept: what the policy asks or, where it leaves
// that to others, what it would ask by default.
func (p Policy) storedDays() int32 { return cmp.Or(p.RetentionDays, DefaultRetention) }

// number writes up to three digits that count.
func number(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }

// assumptions are everything that the numbers rest on beside each one's own basis. used are the
// Regions of the estimate, by the Region whose rates they were given.
func (p *planner) assumptions(table prices, used map[string][]string) []string {
	var list, borrowed []string
	for _, from := range slices.Sorted(maps.Keys(used)) {
		list = append(list, fmt.Sprintf("%s in %s", table.factors(p.policy, table.Regions[from]), strings.Join(unique(used[from]), ", ")))
		borrowed = append(borrowed, slices.DeleteFunc(used[from], func(region string) bool { return !table.borrowed(region) })...)
	}
	if len(borrowed) > 0 {
		list = append(list, fmt.Sprintf("rates of %s for %s, whose own are not in the table: they may differ by a half", baseRegion, strings.Join(unique(borrowed), ", ")))
	}
	list = append(list, "nothing else delivers vended logs in these Regions, so that no lower rate is reached by it")
	if p.policy.GBPerVPC == 0 {
		list = append(list, "the bytes that a log group says it stores are those that were delivered to it")
	}
	switch p.policy.Destination {
	case ToS3:
		list = append(list, "storage and requests of the bucket are not in it")
	case ToFirehose:
		list = append(list, "what Firehose asks for taking in and delivering is not in it")
	default:
		list = append(list, fmt.Sprintf("storage as it is once %d days are held, compressed to %s %% of what was delivered as in AWS's calculator",
			p.policy.storedDays(), number(100*table.LogsKept)))
	}
	return list
}
