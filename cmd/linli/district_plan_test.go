package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"linli/flows"
)

const yearLong = 2026

var yearStart = time.Date(yearLong, 1, 4, 10, 0, 0, 0, time.FixedZone("", 8*3600))

// yearTopics are the matters that the study names.
var yearTopics = []string{"私搭的%s棚子拆不拆", "%s那块绿地被占了怎么还", "%s下水道老堵怎么修", "%s老水管怎么换", "%s楼道杂物怎么清", "%s物业打扫谁来查"}

// yearPlans lays the year out: how many meetings each community has, when, about what, with
// how many people, and what goes otherwise than it should.
func yearPlans(communities, meetings, people int) [][]*concern {
	rng := rand.New(rand.NewPCG(uint64(meetings), uint64(people)))
	count := make([]int, communities)
	for i := range meetings {
		k := i % communities
		if i >= communities*3 {
			k = rng.IntN(communities)
			if rng.IntN(4) == 0 {
				k = rng.IntN(communities/4 + 1) // some have many more
			}
		}
		count[k]++
	}
	plans := make([][]*concern, communities)
	var all []*concern
	sum := 0
	pick := func(of ...any) string { // word, weight, word, weight …
		n := 0
		for i := 1; i < len(of); i += 2 {
			n += of[i].(int)
		}
		n = rng.IntN(n)
		for i := 1; i < len(of); i += 2 {
			if n -= of[i].(int); n < 0 {
				return of[i-1].(string)
			}
		}
		return ""
	}
	for k := range communities {
		once := map[string]bool{}
		topic := func(in string, i int) string {
			name := string([]rune("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉")[i%20]) + "区"
			text := fmt.Sprintf(yearTopics[(i+k)%len(yearTopics)], name)
			if in != "" {
				return in + "号楼" + text
			}
			return text
		}
		for i := range count[k] {
			m := &concern{once: map[string]bool{}, with: map[string]bool{}, said: map[flows.PersonID]string{}, review: "ok", tasks: rng.IntN(3), asks: rng.IntN(10) < 4}
			m.target = time.Date(yearLong, 1, 26+rng.IntN(320), 0, 0, 0, 0, time.FixedZone("", 8*3600))
			if k%7 == 3 { // everything in the same two weeks
				m.target = time.Date(yearLong, 6, 1+rng.IntN(14), 0, 0, 0, 0, time.FixedZone("", 8*3600))
			}
			m.in = pick("3", 6, "5", 4, "1", 1, "", 2)
			m.from = pick("resident", 36, "captain", 15, "staff", 15, "head", 10, "followers", 7, "discuss", 6, "silent", 4, "open", 8)
			if slices.Contains([]string{"followers", "discuss", "silent"}, m.from) {
				m.in = "3"
				if once[m.from] {
					m.from = "resident"
				}
				once[m.from] = true
			}
			m.text = topic(m.in, i)
			switch m.from {
			case "followers":
				m.text = "3号楼1单元下水道又堵了，返上来了"
			case "discuss":
				m.text = "3号楼2单元楼道堆杂物，走都走不过去"
			case "silent":
				m.text = "3号楼外墙皮掉了，下面天天过人"
			case "open":
				m.text, m.in, m.asks = "", "", false
			}
			if m.came = 6 + rng.IntN(5); rng.IntN(10) < 7 {
				m.came = 11 + rng.IntN(20)
			}
			if m.came <= 10 {
				m.place = pick("xiao", 60, "link", 15, "group", 25)
			} else {
				m.place = pick("linli", 50, "any", 25, "link", 10, "group", 15)
			}
			if m.from == "open" && m.place == "group" {
				m.place = "any"
			}
			what := pick("", 45, "moved", 7, "weather", 6, "objection", 5, "stands", 3, "waived", 5, "full", 6, "owner", 4, "paper", 5, "dissent", 8, "late-answer", 4, "returned", 4, "overdue", 5, "erased", 4, "late-minutes", 4, "late-review", 3, "poll", 3)
			if communities < 10 { // there is room for each once
				list := []string{"full", "moved", "weather", "objection", "stands", "waived", "owner", "paper", "dissent", "late-answer", "returned", "overdue", "erased", "late-minutes", "late-review", "poll"}
				what = list[len(all)%len(list)]
			}
			m.with[what] = true
			switch what {
			case "late-answer":
				m.with["dissent"] = true
			case "waived":
				m.from, m.asks, m.place = "head", false, "xiao"
				m.came = 6 + rng.IntN(5)
				m.text = topic(m.in, i)
			case "full":
				m.place, m.came, m.in = "xiao", 6+rng.IntN(3), "3"
				if m.from == "open" || m.from == "followers" || m.from == "discuss" || m.from == "silent" {
					m.from = "staff"
				}
				m.text = topic(m.in, i)
			case "owner":
				m.place, m.came = "linli", 11+rng.IntN(20)
			case "returned", "overdue":
				m.tasks = max(1, m.tasks)
			}
			if m.from == "open" {
				m.tasks = 0
			}
			if before := len(plans[k]) - 1; i%6 == 5 && what != "waived" && what != "full" && m.in != "" { // both want the room on the same afternoon
				other := plans[k][before]
				if other.from != "open" && !other.is("waived") && !other.is("full") {
					m.target, m.asks, other.asks = other.target, false, false
					m.with["same hour"], other.with["same hour"] = true, true
					m.place, other.place = "linli", "linli"
				}
			}
			sum += m.came
			plans[k] = append(plans[k], m)
			all = append(all, m)
		}
		// What never becomes a meeting.
		x := &concern{once: map[string]bool{}, with: map[string]bool{}, said: map[flows.PersonID]string{}, from: "resident", in: "3", place: "xiao", text: topic("3", 30+count[k]) + "，能不能", review: "ok",
			target: time.Date(yearLong, 2, 10+rng.IntN(250), 0, 0, 0, 0, time.FixedZone("", 8*3600))}
		switch k % 5 {
		case 0:
			x.review = "no"
		case 1:
			x.review, x.after = "up", "finish"
		case 2:
			x.with["nobody"] = true
		case 3:
			x.with["nobegin"] = true
		case 4:
			x.review, x.after = "up", "resume"
			x.came, x.tasks = 8, 1
			// It is a meeting in the end: another one is left out for it.
			sum += x.came - plans[k][0].came
			all[slices.Index(all, plans[k][0])] = x
			plans[k] = plans[k][1:]
		}
		plans[k] = append(plans[k], x)
	}
	for i := 0; sum != people; i++ {
		m := all[i%len(all)]
		low, high := 6, 10
		if m.place != "xiao" {
			low, high = 6, 34
		}
		if m.is("full") {
			high = 8
		}
		switch {
		case sum < people && m.came < high:
			m.came, sum = m.came+1, sum+1
		case sum > people && m.came > low:
			m.came, sum = m.came-1, sum-1
		}
	}
	return plans
}
