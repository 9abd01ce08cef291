package fake

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func BenchmarkSend(b *testing.B) {
	s := New()
	at := s.Start()
	defer s.Close()
	u := s.AddUser("王阿姨")
	u.Start("")
	body := fmt.Sprintf(`{"chat_id":%d,"text":"记下了，0412号：3号楼2单元下水道堵塞。"}`, u.ID)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := client.Post(at+"/bot"+Token+"/sendMessage", "application/json", strings.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
