package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"linli/flows/community"
)

// doctor looks at everything that must hold for Linli to work here, and says in
// plain sentences what does not, each with the next step. It changes nothing.
type doctor struct {
	out   io.Writer
	wrong int
	http  *http.Client
	now   func() time.Time
}

func (d *doctor) well(format string, args ...any) {
	fmt.Fprintf(d.out, "好　　"+format+"\n", args...)
}
func (d *doctor) note(format string, args ...any) {
	fmt.Fprintf(d.out, "注意　"+format+"\n", args...)
}

// ill says what is wrong, and what to do about it.
func (d *doctor) ill(next, format string, args ...any) {
	d.wrong++
	fmt.Fprintf(d.out, "不好　"+format+"\n", args...)
	fmt.Fprintf(d.out, "　　　下一步：%s\n", next)
}

var errIll = errors.New("有要处理的事，见上面的“不好”")

// doctorCommand is "linli doctor".
func doctorCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, path := flags("doctor", stderr)
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("doctor: unexpected argument %q", set.Arg(0))
	}
	d := &doctor{out: stdout, http: &http.Client{Timeout: 15 * time.Second}, now: time.Now}
	return d.examine(ctx, *path)
}

func (d *doctor) examine(ctx context.Context, path string) error {
	c, wrong, err := readConfig(path, os.LookupEnv)
	if err != nil {
		return err
	}
	files, more := c.loadCommunities()
	wrong = append(wrong, more...)
	for _, m := range wrong {
		fmt.Fprintln(d.out, "　　　"+m.String())
	}
	if len(wrong) > 0 {
		d.ill("照上面的文件和行号改，再用 linli check 查一遍，然后再来一次。", "配置或社区文件有%d处错，别的先不看", len(wrong))
		return errIll
	}
	d.well("配置和%d个社区的文件没有错", len(files))
	for _, m := range c.Notices {
		d.note("%s", m.Text)
	}
	d.directories(files)
	d.machine(c)
	s, open := d.standing(ctx, c, files)
	if open {
		d.file(s)
	}
	d.backups(c, open, files[0].Settings.Zone)
	for i, site := range c.Sites() {
		f := files[i]
		name := ""
		if len(files) > 1 {
			name = f.Settings.Name + "："
		}
		var h houseStands
		for _, x := range s.Houses {
			if x.ID == f.Settings.Community {
				h = x
			}
		}
		if open {
			d.house(h, name, f, s.Running)
		}
		if site.Telegram.On() {
			d.telegram(ctx, c, site, h, name, c.Base(site, f.Settings.Community))
		}
		d.wechat(ctx, c, site, h, name, c.Base(site, f.Settings.Community), s.Running)
	}
	d.model(ctx, c)
	d.public(ctx, c, s.Running)
	if d.wrong > 0 {
		fmt.Fprintf(d.out, "有%d件事要处理。\n", d.wrong)
		return errIll
	}
	fmt.Fprintln(d.out, "都好。")
	return nil
}

func (d *doctor) directories(files []*community.File) {
	for _, f := range files {
		for _, m := range f.WarningsAt(d.now()) {
			d.ill("按这句话补上，再用 linli check 查一遍。", "%s：%s", f.Settings.Name, m.Text)
		}
		for _, hint := range unwatched(f.Settings) {
			d.note("%s：%s", f.Settings.Name, hint)
		}
	}
}

// leastFree is how little of a disk may be free, in bytes.
const leastFree = 1 << 30

// machine looks at the disks.
func (d *doctor) machine(c *Config) {
	for _, x := range []struct{ what, dir string }{{"数据", c.Data}, {"备份", c.Backup.Dir}} {
		dir := x.dir
		for {
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
				break
			}
			dir = filepath.Dir(dir)
		}
		switch free, err := freeSpace(dir); {
		case errors.Is(err, errors.ErrUnsupported):
		case err != nil:
			d.ill("看看这个文件夹在不在、运行邻里的用户能不能进。", "%s文件夹 %s 看不了：%v", x.what, x.dir, err)
		case free < leastFree:
			d.ill("清出空间，或换一个大的盘。满了以后邻里收不进消息。", "%s所在的盘只剩 %s", x.what, bytesOf(free))
		default:
			d.well("%s所在的盘还有 %s", x.what, bytesOf(free))
		}
	}
}

// standing asks the running Linli, or opens the file if there is none.
func (d *doctor) standing(ctx context.Context, c *Config, files []*community.File) (s standing, ok bool) {
	if _, err := os.Stat(filepath.Join(c.Data, "linli.db")); errors.Is(err, fs.ErrNotExist) {
		d.note("还没有启动过（%s 里没有数据）：linli serve --config … 启动", c.Data)
		return s, false
	}
	var out bytes.Buffer
	err := c.do(ctx, files, "state", nil, &out, io.Discard)
	if err == nil {
		err = json.Unmarshal(out.Bytes(), &s)
	}
	if err != nil {
		d.ill("按这句话处理；看不出来就停下邻里，再来一次。", "数据文件看不了：%v", err)
		return s, false
	}
	if s.Running {
		d.well("邻里正在运行")
	} else {
		d.note("邻里没有在运行")
	}
	return s, true
}

func (d *doctor) file(s standing) {
	if float64(s.Free) > 2*worthIt*float64(s.Size) && s.Size > 100<<20 {
		d.ill("linli compact --config …（夜里会自己做，没做成的话看日志）。", "数据文件 %s，其中 %s 是空的", bytesOf(s.Size), bytesOf(s.Free))
		return
	}
	d.well("数据文件 %s，其中 %s 是空的", bytesOf(s.Size), bytesOf(s.Free))
}

// oldBackup is how old the newest backup may be.
const oldBackup = 26 * time.Hour

func (d *doctor) backups(c *Config, used bool, zone *time.Location) {
	at, ok := newestBackup(c.Backup.Dir, zone)
	age := d.now().Sub(at)
	switch {
	case !ok && used:
		d.ill("linli backup --config … 现在做一份；以后每天自己做。", "还没有备份（%s）", c.Backup.Dir)
	case ok && age > oldBackup:
		d.ill("linli backup --config …；做不成的话它会说为什么。", "最新的备份是%s的", at.Format("1月2日15:04"))
	case ok:
		d.well("最新的备份是%s的，在 %s", at.Format("1月2日15:04"), c.Backup.Dir)
	}
}

// house looks at what the store knows of a community.
func (d *doctor) house(h houseStands, name string, f *community.File, running bool) {
	for channel, why := range h.Channels {
		if why != "" {
			d.ill("改好配置里这个渠道的设置，重启邻里。", "%s%s 没有在工作：%s", name, channel, why)
		}
	}
	if h.Bound == 0 {
		d.ill("启动时打印的码发给第一位工作人员；或 linli code --config … 姓名。", "%s还没有工作人员绑定账号，诉求没有人接", name)
	} else {
		d.well("%s%d位工作人员里%d位绑定了账号", name, h.People, h.Bound)
	}
	if !h.Unmanned.IsZero() {
		d.ill("在社区文件的值班表（roster）里补上，或请在休假的人交给别人。", "%s%s没有人值班", name, h.Unmanned.In(f.Settings.Zone).Format("1月2日15:04"))
	}
	if h.Troubles > 0 {
		d.ill("请社区工作人员对机器人说“没办成的”，或打开工作台，一件件看。", "%s有%d件没办成的事等人看", name, h.Troubles)
	}
	if h.Overdue > 15*time.Minute {
		d.ill("看日志里为什么送不出去；多半是网络或平台限速。", "%s有话该说，已经等了%s", name, h.Overdue.Round(time.Minute))
	}
	if yesterday := d.now().Add(-time.Hour).In(f.Settings.Zone).AddDate(0, 0, -1).Format(time.DateOnly); h.Sealed < yesterday {
		d.sealed(running, name, h.Sealed)
	}
	if h.Pending > 0 {
		d.note("%s社区文件改过，有%d处还没有换上：linli directory diff --config …", name, h.Pending)
	}
	for _, g := range h.Groups {
		if !g.Bound {
			d.note("%s群“%s”还没有对上名册：在群里发 /start 加这个群的码", name, g.Name)
		}
	}
}

// sealed says that the last day whose root is known is an old one.
func (d *doctor) sealed(running bool, name, last string) {
	what := "算到" + last
	if last == "" {
		what = "一天也没有算过"
	}
	if !running {
		d.note("%s每日校验值%s：下次启动时补算", name, what)
		return
	}
	d.ill("看日志里“could not be sealed”那一行为什么。算好以前，公示栏上贴不出新的。", "%s每日校验值%s，该算到昨天", name, what)
}

// public looks from outside, if there is an outside.
func (d *doctor) public(ctx context.Context, c *Config, running bool) {
	if c.PublicURL == "" {
		d.note("没有写 public_url：工作台和“我的诉求”只给码，不给链接")
		return
	}
	if !running {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.PublicURL+"/healthz", nil)
	if err != nil {
		return // the form was checked
	}
	res, err := d.http.Do(req)
	if err != nil {
		d.ill("看域名有没有指到这台机器，443端口有没有放行，证书或反向代理好不好。", "从这里打不开 %s：%v", c.PublicURL, bare(err))
		return
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		d.ill("看反向代理有没有指到 "+c.Listen+"。", "%s 回答的不是邻里（%d）", c.PublicURL, res.StatusCode)
		return
	}
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		if until := res.TLS.PeerCertificates[0].NotAfter; until.Sub(d.now()) < 7*24*time.Hour {
			d.ill("证书该自己续的没有续上，看日志；用反向代理的话看反向代理。", "%s 的证书%s到期", c.PublicURL, until.Format("1月2日"))
			return
		}
	}
	d.well("%s 打得开", c.PublicURL)
}
