package bot

import (
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// What is kept in memory of whoever spoke does not grow for ever, and nothing is
// forgotten that still counts.
func TestFade(t *testing.T) {
	now := time.Date(2026, 3, 11, 9, 0, 0, 0, time.UTC)
	b := &Bot{limits: map[string]*rate.Limiter{}, lined: map[string]time.Time{}, gathered: map[string]time.Time{}, crowded: map[string]*crowd{}}
	for _, name := range []string{"full", "used"} {
		b.limits[name] = rate.NewLimiter(rate.Every(time.Hour), 3)
	}
	b.limits["used"].ReserveN(now, 1)
	b.lined["over"], b.lined["used"] = now.Add(-time.Second), now.Add(time.Second)
	b.gathered["over"], b.gathered["used"] = now.Add(-gatherFor), now.Add(-time.Second)
	b.fade(now)
	if len(b.limits) != 1 || b.limits["used"] == nil || len(b.lined) != 1 || b.lined["used"].IsZero() || len(b.gathered) != 1 || b.gathered["used"].IsZero() {
		t.Errorf("kept are %v, %v, %v", b.limits, b.lined, b.gathered)
	}
}
