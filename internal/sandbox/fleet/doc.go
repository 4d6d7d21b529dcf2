// Package fleet is an organisation of AWS accounts that is computed, never stored: what an
// account holds, and what goes wrong with it, follows from a seed and the account's number each
// time it is asked for. Memory is therefore the same for ten accounts as for a hundred thousand.
//
// It is built from cases whose verdict is known beforehand (see cases), so that it is an oracle,
// too: [Fleet.WriteTruth] says what a truthful scan of it must say, without reading any of it
// and without the code that scans. The package knows no protocol; the sandbox serves it.
package fleet
