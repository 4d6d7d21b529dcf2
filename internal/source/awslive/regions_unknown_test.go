package awslive

import "testing"

// TestANewRegionIsTakenFromAWS lets a Region through that opened after this version was built.
func TestANewRegionIsTakenFromAWS(t *testing.T) {
	t.Parallel()
	allowed, err := parseRegions([]string{"eu-nowhere-7"})
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{allowed: allowed}
	if err := s.checkNames(listedRegions{regions: []listedRegion{{name: "eu-nowhere-7"}}}); err != nil {
		t.Errorf("a Region that AWS lists is refused: %v", err)
	}
	if err := s.checkNames(listedRegions{regions: []listedRegion{{name: "eu-west-1"}}}); err == nil {
		t.Error("a Region that nobody knows is let through")
	}
}
