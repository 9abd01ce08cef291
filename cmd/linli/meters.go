package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"linli/bot"
	"linli/bot/official"
	"linli/flows"
	"linli/storage"
)

// meters are what Prometheus may know: how much, how fast, how well. A label
// is a community, a channel, a kind, a class or an outcome; never a person, a
// chat or a case.
type meters struct {
	all     *prometheus.Registry
	heard   *prometheus.CounterVec
	took    *prometheus.HistogramVec
	sent    *prometheus.CounterVec
	delay   *prometheus.HistogramVec
	trouble *prometheus.CounterVec
}

func newMeters() *meters {
	f := &meters{
		all: prometheus.NewRegistry(),
		heard: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linli_heard_total",
			Help: "What the channels heard and was kept."}, []string{"community", "channel", "kind"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "linli_heard_seconds",
			Help: "How long it took until it was kept.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 8)}, []string{"community", "channel"}),
		sent: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linli_sent_total",
			Help: "Attempts to send by how they ended."}, []string{"community", "channel", "class", "outcome"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "linli_sent_delay_seconds",
			Help: "How long after it was to be said something was confirmed.", Buckets: []float64{.05, .2, 1, 5, 20, 60, 300, 1800, 7200}}, []string{"community", "channel", "class"}),
		trouble: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "linli_trouble_total",
			Help: "What could not be done and was shown to staff."}, []string{"community", "kind"}),
	}
	f.all.MustRegister(f.heard, f.took, f.sent, f.delay, f.trouble, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return f
}

func (f *meters) handler() http.Handler {
	return promhttp.HandlerFor(f.all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// of gives the Watch of a community.
func (f *meters) of(community string) bot.Watch { return counting{f, community} }

type counting struct {
	*meters
	community string
}

func (c counting) Heard(channel string, kind bot.Kind, took time.Duration) {
	c.heard.WithLabelValues(c.community, channel, string(kind)).Inc()
	c.took.WithLabelValues(c.community, channel).Observe(took.Seconds())
}

func (c counting) Sent(channel string, class flows.Class, outcome string, after time.Duration) {
	c.sent.WithLabelValues(c.community, channel, string(class), outcome).Inc()
	if outcome == "confirmed" {
		c.delay.WithLabelValues(c.community, channel, string(class)).Observe(after.Seconds())
	}
}

func (c counting) Troubled(kind string) { c.trouble.WithLabelValues(c.community, kind).Inc() }

// watch adds what is looked up when somebody asks.
func (f *meters) watch(in *installation) { f.all.MustRegister(&gauges{in}) }

// gauges read how things stand.
type gauges struct{ in *installation }

var (
	outboxRows  = prometheus.NewDesc("linli_outbox_rows", "Rows that wait to be carried out.", []string{"community", "kind"}, nil)
	outboxAge   = prometheus.NewDesc("linli_outbox_overdue_seconds", "How long the oldest row has been due.", []string{"community"}, nil)
	waiting     = prometheus.NewDesc("linli_trouble_waiting", "What could not be done and nobody has looked at.", []string{"community"}, nil)
	channelUp   = prometheus.NewDesc("linli_channel_up", "Whether a channel works.", []string{"community", "channel"}, nil)
	storeBytes  = prometheus.NewDesc("linli_store_bytes", "Size of the data file.", nil, nil)
	storeFree   = prometheus.NewDesc("linli_store_free_bytes", "Part of it that is free.", nil, nil)
	backupAge   = prometheus.NewDesc("linli_backup_age_seconds", "How old the newest backup is.", nil, nil)
	modelTokens = prometheus.NewDesc("linli_model_tokens_today", "What calls to a language model have used today.", []string{"community"}, nil)
	stateErrors = prometheus.NewDesc("linli_state_unread", "Whether something of this could not be read.", nil, nil)
)

func (s *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{outboxRows, outboxAge, waiting, channelUp, storeBytes, storeFree, backupAge, modelTokens, stateErrors} {
		ch <- d
	}
}

func (s *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	unread := 0.0
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, h := range s.in.houses {
		rows, overdue, troubles, err := h.waits(ctx)
		if err != nil {
			unread = 1
			continue
		}
		for kind, n := range rows {
			gauge(outboxRows, float64(n), h.id, kind)
		}
		gauge(outboxAge, overdue.Seconds(), h.id)
		gauge(waiting, float64(troubles), h.id)
		if h.answers != nil {
			used, err := h.calls.Used(ctx, h.now().In(h.settings().Zone).Format(time.DateOnly))
			if err != nil {
				unread = 1
			}
			gauge(modelTokens, float64(used.Tokens), h.id)
		}
		for name, why := range h.channels() {
			up := 1.0
			if why != "" {
				up = 0
			}
			gauge(channelUp, up, h.id, name)
		}
	}
	if size, free, err := s.in.size(); err == nil {
		gauge(storeBytes, float64(size))
		gauge(storeFree, float64(free))
	} else {
		unread = 1
	}
	if s.in.config != nil {
		if at, ok := newestBackup(s.in.config.Backup.Dir, s.in.zone()); ok {
			gauge(backupAge, s.in.now().Sub(at).Seconds())
		}
	}
	gauge(stateErrors, unread)
}

// waits counts what waits in a community.
func (h *house) waits(ctx context.Context) (rows map[string]int, overdue time.Duration, troubles int, err error) {
	rows = map[string]int{}
	err = h.store.View(ctx, func(tx storage.Tx) error {
		jobs, err := tx.Jobs()
		if err != nil {
			return err
		}
		now := h.now()
		for _, j := range jobs {
			rows[j.Kind]++
			overdue = max(overdue, now.Sub(j.At))
		}
		list, err := tx.Troubles()
		troubles = len(list)
		return err
	})
	return rows, overdue, troubles, err
}

// channels gives why each channel of a community does not work, "" if it does.
func (h *house) channels() map[string]string {
	out := map[string]string{}
	if h.web != nil || h.ways.off("webchat") != "" {
		out["webchat"] = h.ways.off("webchat")
	}
	if h.telegram != nil || h.ways.off("telegram") != "" {
		out["telegram"] = h.ways.off("telegram")
	}
	if h.official != nil || h.ways.off(official.Name) != "" {
		out[official.Name] = h.ways.off(official.Name)
	}
	if h.kefu != nil || h.ways.off(kefuName) != "" {
		out[kefuName] = h.ways.off(kefuName)
	}
	return out
}
