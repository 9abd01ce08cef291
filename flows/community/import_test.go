package community

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"linli/flows"
	"linli/flows/community/table"
)

// imported lays CSV texts, by file name, over the example.
func imported(t *testing.T, files ...string) (*File, Mistakes, error) {
	t.Helper()
	f, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	return f.Import(opened(t, files...))
}

func opened(t *testing.T, files ...string) []table.Table {
	t.Helper()
	var all []table.Table
	for i := 0; i < len(files); i += 2 {
		tables, wrong := table.Open(files[i], []byte(files[i+1]))
		if len(wrong) > 0 {
			t.Fatal(wrong)
		}
		all = append(all, tables...)
	}
	return all
}

// told are the differences between the example and another directory.
func told(t *testing.T, f *File) []string {
	t.Helper()
	from, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range Differences(from.Settings, f.Settings) {
		out = append(out, d.String())
	}
	return out
}

func TestImport(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  []string
		notes []string
	}{
		"nothing new": {files: []string{"楼.csv", "楼号,单元,层数\n1,3,6\n三号楼,2,12\n"}},
		"buildings, as people call them": {
			files: []string{"楼栋.csv", "某某社区楼栋表\n\n网格,栋号,楼层,备注\n第二网格,４栋,7层,老楼\n"},
			want:  []string{"第一网格的户数：318 → 246", "第二网格的户数：356 → 440"},
		},
		"a new building": {
			files: []string{"楼栋.csv", "楼号,别名,单元数,层数,一层几户,所属网格,蒙古文\n14号楼,小白楼、白楼,1,3,4,第三网格,ᠪᠠᠶᠢᠰᠢᠩ\n", "网格.csv", "网格,户数\n第三网格,400\n"},
			want:  []string{"第三网格的户数：388 → 400", "新增：14号楼（第三网格）"},
		},
		"people": {
			files: []string{"人员.csv", "姓名,手机,职务,范围,住址,请假\n" +
				"刘楼长,,楼栋长,\"3号楼、4号楼\",三号楼2单元301室,\n" +
				"陈社区,,,,,2026-12-01至2026/12/3 由郑主任替；2026年12月24日 郑主任\n" +
				"新网格,0471-0000020,网格员,第一网格,,\n" +
				"冯物业,无,,,,\n"},
			want: []string{
				"第一网格的网格员：李网格 → 新网格",
				"李网格的职务：网格员（第一网格） → （没有写）",
				"刘楼长的职务：楼栋长（3号楼） → 楼栋长（3号楼）、楼栋长（4号楼）",
				"刘楼长的住处：3号楼1单元201室 → 3号楼2单元301室",
				"陈社区的请假：（没有写） → 2026-12-01到2026-12-03由郑主任替、2026-12-24到2026-12-24由郑主任替",
				"冯物业的电话：0471-0000010 → （没有写）",
				"新增：新网格（网格员（第一网格））",
			},
		},
		"everything else": {
			files: []string{
				"群.csv", "群名;给谁;语言\n3号楼群;;英文\n五号楼群;五栋;\n全体;全社区;\n",
				"房间.csv", "房间\t座位数\t开放时间\t归属\t地点\n小议事室\t16\t周六至周日 9:00-12:00；周一 9:00-10:00\t示例物业公司\t3号楼\n茶室\t8\t\t\t东门\n",
				"值班.csv", "值班员,替班人,星期,时段\n钱值班,赵书记,周一至周五,18:00-8:30\n赵书记,,每天,全天\n",
				"单位.csv", "单位名称,种类,联系电话,未成立\n示例物业公司,物业,0474-0000009,\n新部门,部门,0474-0000004,否\n",
				"地点.csv", "地点,俗称,所属网格\n东门,大东门,\n西门,,第二网格\n",
				"清单.csv", "条目,事项,居民说法,增加说法,承办,答复时限,接单时限,同一件事,照片\n1-1,,,梯子趴窝了,,3小时,,,\n1-6,儿童滑梯损坏,\"滑梯坏了，秋千坏了\",,物业公司,3个工作日,4小时,社区,是\n",
			},
			want: []string{
				"清单1-1电梯停运或故障的居民的说法",
				"清单1-1电梯停运或故障的答复时限：4h → 3h",
				"新增：清单1-6儿童滑梯损坏",
				"东门的别名：东大门、小区东门 → 大东门",
				"新增：西门（第二网格）",
				"小议事室的座位：12 → 16",
				"小议事室的开放时间：（没有写） → 周六、周日 9:00-12:00、周一 9:00-10:00",
				"小议事室的单位：（没有写） → 示例物业公司",
				"小议事室的位置：8号楼1单元 → 3号楼",
				"新增：茶室（8个座位）",
				"3号楼群的语言：zh-CN → en",
				"新增：五号楼群（5号楼）",
				"新增：全体（全社区）",
				"示例物业公司的电话：0474-0000001 → 0474-0000009",
				"新增：新部门（街道有关部门）",
				"每天的值班的值班员：孙值班 → 赵书记",
				"新增：周一、周二、周三、周四、周五18:00到8:30的值班（钱值班）",
			},
		},
		"households": {
			files: []string{"户册.csv", "东方社区户册\n楼栋,单元,房号,业主姓名,建筑面积(㎡),业主代号,是否出租\n" +
				"13号楼,,302,某人,80.5,o9,是\n13,1单元,301室,,,,否\n十三号楼,1,101,某人,,无,\n12号楼,2单元,1603室,,96.07,业17,出租\n", "另一张.csv", "房号,面积,删除\n12-1-101,90,\n5号楼1单元1801室,120.1,\n13-1-102,,是\n"},
			want: []string{
				"5号楼的户册：（没有写） → 1户（1户有面积）",
				"12号楼的户册：（没有写） → 2户（2户有面积，1户出租）",
				"13号楼的户册：6户（6户有面积，1户出租） → 5户（5户有面积，2户出租），去掉1户（13-1-102），2户换了业主代号（13-1-101、13-1-302），1户改成出租（13-1-302），13-1-302面积76.20→80.50",
			},
			notes: []string{"户册.csv:2: “业主姓名”这一列没有用到；户册可以有：楼、单元、室、面积、业主代号、出租、删除", "12号楼是96户，户册里写了2户：投票按户册算"},
		},
		"what is to go": {
			files: []string{"人员.csv", "姓名,删除\n何服务,是\n刘楼长,否\n", "单位.csv", "单位,删除\n城管,是\n", "楼.csv", "楼,网格,删除\n4号楼,,是\n", "户册.csv", "楼,单元,室\n4,1,101\n", "网格.csv", "网格,户数\n第一网格,246\n"},
			want:  []string{"第一网格的户数：318 → 246", "去掉：4号楼", "去掉：何服务", "去掉：城管"},
		},
		"people of one name are told apart": {
			files: []string{"人员.csv", "姓名,编号,电话,职务\n陈社区,chen2,0471-0000031,社工\n"},
			want:  []string{"新增：陈社区（社区）"},
			notes: []string{"人员.csv:2: 有两个人都叫陈社区（chen、chen2）：取绑定码时要写编号"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			next, notes, err := imported(t, c.files...)
			if name == "buildings, as people call them" {
				// The households of a grid are a sum that must be put right as well.
				want := "导入后的名册"
				if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "网格g1写的是318户，它的楼加起来是246户") {
					t.Fatalf("%v", err)
				}
				if n := notes.Error(); !strings.Contains(n, "楼栋.csv:3: “备注”这一列没有用到；楼栋可以有：楼号、名称") {
					t.Error(n)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := told(t, next)
			for i := range got {
				if i < len(c.want) && !strings.Contains(c.want[i], "：") {
					got[i], _, _ = strings.Cut(got[i], "：")
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			for _, want := range c.notes {
				if !strings.Contains(notes.Error(), want) {
					t.Errorf("want %s\ngot %s", want, notes)
				}
			}
			again, _, err := next.Import(opened(t, c.files...))
			if name == "what is to go" || name == "households" {
				if err == nil {
					t.Error("what is gone cannot go again")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(next.Text()), string(again.Text())); d != "" {
				t.Error("the same tables again make a difference:", d)
			}
		})
	}
}

// One import with every mistake at once: each is told with its file and row.
func TestImportTellsEveryMistake(t *testing.T) {
	_, notes, err := imported(t,
		"楼.csv", "楼号,网格,层数,颜色\n2,第九网格,六\n3,第二网格,12\n三栋,第三网格,12\n,第一网格,\n99,,,\n13,第三网格,\"=1+1\"\n14,第三网格,6,,多\n",
		"网格.csv", "网格,网格员,替班,楼栋\n第二网格,没这人,周网格,3幢\n第三网格,,,3#\n",
		"人员.csv", "姓名,职务,范围,电话,请假,删除\n李网格,船长,,12,下周,\n刘楼长,\"楼栋长,社区,书记\",\"3号楼,4号楼\",,,\n陈社区,社区,,,2026-13-01,是的\n没有的人,,,,,是\n新人,,第一网格,,,\n新官,网格员,,,,\n新长,楼栋长,,,,\n",
		"群.csv", "群,范围\n新群,\n怪群,月球\n",
		"别的.csv", "颜色,大小\n红,大\n",
		"房间.csv", "房间,座位,位置,单位,开放时间\n空室,许多,月亮楼,某公司,全天候\n",
		"值班.csv", "值班人,星期,时间\n孙值班,周八,\n孙值班,周一,早上\n谁,周一,\n",
		"清单.csv", "条目,答复时限,照片\n1-1,很快,也许\n9-9,,\n",
		"单位.csv", "单位,种类\n怪单位,幼儿园\n",
		"户册.csv", "楼,单元,室,面积,业主代号,出租\n66号楼,1,101,,,\n3,,501,,,\n1,1,,50,,\n1,2,101,很大,,也许\n1,2,102,,李小明,\n1,9,101,,,\n1号楼,3,601,,,\n1,3单元,601室,,,\n,,五楼东,,,\n1,2,103,0,13812345678,\n",
		"户册二.csv", "室,删除\n1-1-404,是\n",
	)
	if err == nil {
		t.Fatal("no mistake")
	}
	got := err.Error()
	for _, want := range []string{
		"楼.csv:2: 没有“第九网格”这个网格", "楼.csv:2: “层数”要写整数，写的是“六”", "楼.csv:4: 楼栋“3”在楼.csv第3行已经写了", "楼.csv:5: 没有写楼号",
		"楼.csv:6: 99号楼不在任何网格里", "楼.csv:7: “层数”一列里是公式，请换成数值", "楼.csv:8: 第5列有内容“多”，但表头是空的",
		"网格.csv:2: “网格员”写的是“没这人”，人员里没有这个人", "网格.csv:3: 楼“3”已经写在网格“g2”里了", "网格.csv:2: 网格g2没有网格员",
		"人员.csv:2: 职务：没有“船长”这个职务", "人员.csv:2: 电话写得不像电话号码", "人员.csv:2: 请假要写成", "人员.csv:3: 有3个职务、2个范围", "人员.csv:4: 请假：没有“2026-13-01”这个日子",
		"人员.csv:4: “删除”一列只能写“是”", "人员.csv:5: 没有“没有的人”，删不了", "人员.csv:6: 写了范围，没有写职务", "人员.csv:7: 网格员要写范围", "人员.csv:8: 楼栋长要写范围",
		"群.csv:2: 群“新群”没有写范围", "群.csv:3: 范围“月球”不是网格也不是楼", "别的.csv: 看不出是什么表：表头要有",
		"房间.csv:2: “座位”要写整数", "房间.csv:2: 空室的位置“月亮楼”：没有", "房间.csv:2: 空室写的单位“某公司”不在单位", "房间.csv:2: 开放时间要写成",
		"值班.csv:2: 星期要写成", "值班.csv:3: 时间要写成", "值班.csv:4: “值班人”写的是“谁”", "清单.csv:2: “answer”：时限要写成", "清单.csv:2: “照片”只能写", "清单.csv:3: 编号“9-9”不属于任何一类",
		"单位.csv:2: 种类：只能写物业",
		"户册.csv:2: 没有“66号楼”这栋楼", "户册.csv:3: 没有写单元：3号楼有2个单元", "户册.csv:4: 没有写室号", "户册.csv:5: 面积要写平方米", "户册.csv:5: “出租”只能写", "户册.csv:6: 户册里1-2-102的业主代号（owner）像是名字",
		"户册.csv:7: 户册里的“1-9-101”：1号楼没有9单元", "户册.csv:9: 户册“1-3-601”在户册.csv第8行已经写了", "户册.csv:10: 户册里的“五楼东”：没有", "户册.csv:11: 面积不能是零", "户册.csv:11: 户册里1-2-103的业主代号（owner）像是电话",
		"户册二.csv:2: 户册里没有“1-1-404”，删不了",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
	for _, secret := range []string{"李小明", "13812345678"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s is told", secret)
		}
	}
	if want := "楼.csv:1: “颜色”这一列没有用到"; !strings.Contains(notes.Error(), want) {
		t.Errorf("want %s\ngot %s", want, notes)
	}
}

func TestImportInTheEncodingsOfSpreadsheets(t *testing.T) {
	text := "姓名,电话\n陈社区,0471-0000042\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"plain": text, "bom": "\ufeff" + text, "gb18030": gb, "windows lines": strings.ReplaceAll(text, "\n", "\r\n")} {
		next, _, err := imported(t, "人员.csv", data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff([]string{"陈社区的电话：0471-0000007 → 0471-0000042"}, told(t, next)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestImportXLSX(t *testing.T) {
	x := excelize.NewFile()
	if err := x.SetSheetName("Sheet1", "人员"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.NewSheet("楼栋"); err != nil {
		t.Fatal(err)
	}
	put := func(sheet, cell string, v any) {
		t.Helper()
		if err := x.SetCellValue(sheet, cell, v); err != nil {
			t.Fatal(err)
		}
	}
	put("人员", "A1", "人员名单")
	if err := x.MergeCell("人员", "A1", "C1"); err != nil { // a title may be merged
		t.Fatal(err)
	}
	for i, h := range []string{"姓名", "电话", "职务"} {
		put("人员", string(rune('A'+i))+"2", h)
	}
	put("人员", "A3", "陈社区")
	put("人员", "B3", 13800138000) // a number, shown in full
	put("楼栋", "A1", "楼号")
	put("楼栋", "B1", "别名")
	put("楼栋", "C1", "层数")
	put("楼栋", "A2", 3) // shown as 3, not 3.0
	put("楼栋", "B2", "老三楼")
	put("楼栋", "C2", 12.0)
	var buf bytes.Buffer
	if err := x.Write(&buf); err != nil {
		t.Fatal(err)
	}
	next, notes, err := imported(t, "名册.xlsx", buf.String())
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if b, _ := next.Settings.Building("3"); b.Aliases[0] != "老三楼" || b.Floors != 12 {
		t.Errorf("%+v", b)
	}
	if o, _ := next.Settings.Official("chen"); o.Phone != "13800138000" || !slices.Equal(o.Posts, []flows.Post{{Role: flows.Staff, Scope: flows.Everywhere}}) {
		t.Errorf("%+v", o)
	}

	if err := x.MergeCell("楼栋", "A2", "A3"); err != nil {
		t.Fatal(err)
	}
	put("人员", "B3", "12")
	buf.Reset()
	if err := x.Write(&buf); err != nil {
		t.Fatal(err)
	}
	_, _, err = imported(t, "名册.xlsx", buf.String())
	for _, want := range []string{"名册.xlsx（楼栋）:2: A2:A3 是合并的单元格，请拆开", "名册.xlsx（人员）:3: 电话写得不像电话号码"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s\ngot %v", want, err)
		}
	}
}

// Whatever a table holds, an import ends with a directory or with mistakes, and
// what it gives can be written and read again.
func TestAnyTable(t *testing.T) {
	base, err := Parse("x.yaml", Example(), shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	said := []string{"", "", "", "是", "无", "1", "3", "3号楼", "三栋", "13", "第一网格", "第九网格", "g1", "g9", "李网格", "周网格", "新人", "li", "网格员", "社区、书记", "全社区", "2026-12-01至2026-12-03 周网格", "周一至周五",
		"18:00-8:30", "东门", "示例物业公司", "物业", "0471-0000099", "=1", "- [x]: {y", "8-1-201", "周六 9:00-12:00", "1-1", "1-9", "3d", "\u202e", "ᠪ", "101", "3-1-101", "89.56", "o1", "张三"}
	sensible := []string{"姓名,电话,语言\n李网格,0471-0000099,英文\n新人,,\n", "地点,网格,别名\n西门,第二网格,小西门\n", "群,范围\n新群,3号楼\n", "房间,座位,位置\n茶室,9,东门\n", "单位,种类,没有成立\n新部门,部门,是\n",
		"值班人,星期,时间\n李网格,周一,8:00-9:00\n", "楼号,别名\n3栋,老三楼\n", "网格,替班\n第一网格,吴网格\n", "条目,答复时限\n1-1,3小时\n", "楼,单元,室,面积,业主代号,出租\n3号楼,1,101,89.5,o1,是\n13,1,302,76.2,o1,\n"}
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		var tables []table.Table
		for i, text := range rapid.Permutation(sensible).Draw(t, "sensible")[:rapid.IntRange(0, len(sensible)).Draw(t, "n")] {
			more, _ := table.Open(fmt.Sprintf("%d.csv", i), []byte(text))
			tables = append(tables, more...)
		}
		if rapid.Bool().Draw(t, "wild") {
			kind := rapid.SampledFrom(sheets()).Draw(t, "kind")
			x := table.Table{File: kind.what, Rows: []table.Row{{Line: 1, Cells: kind.names()}}}
			for i := range rapid.IntRange(1, 3).Draw(t, "rows") {
				x.Rows = append(x.Rows, table.Row{Line: i + 2, Cells: rapid.SliceOfN(rapid.SampledFrom(said), 0, len(kind.columns)+2).Draw(t, "cells")})
			}
			tables = append(tables, x)
		}
		next, _, err := base.Import(tables)
		if (next == nil) == (err == nil) {
			t.Fatalf("directory %v and error %v", next, err)
		}
		if next == nil {
			return
		}
		good++
		same(t, next)
		if _, err := Parse("x.yaml", next.Text(), nil); err == nil {
			t.Fatal("it was not checked against the duty list")
		}
	})
	if good == 0 {
		t.Error("no table was good")
	}
}
