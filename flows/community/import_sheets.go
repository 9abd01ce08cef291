package community

import (
	"regexp"
	"slices"
	"strings"

	"linli/flows/community/table"
)

// sheet is a kind of table: by which columns it is recognised, and what is done
// with a row.
type sheet struct {
	what    string     // 楼栋
	section string     // of the directory
	key     []string   // the columns without which it is not one
	columns [][]string // names with their other names; the first is what the program calls it
	find    func(*importing, *row)
	fill    func(*importing, *row)
	drop    func(*importing, *row)
}

// common are the columns of every table.
var common = [][]string{{"删除", "是否删除"}, {"序号", "行号"}}

// sheets are the kinds of tables, the more exact first: a table of people may
// have a column 网格, but none of grids has one 姓名. A table of households comes
// before one of people: names in it are not read. It is a function because
// what is done with a row refers to it.
func sheets() []*sheet {
	return []*sheet{
		{what: "户册", section: "households", key: []string{"室"}, find: (*importing).findHome, fill: (*importing).fillHome, drop: (*importing).dropHome, columns: [][]string{
			{"楼", "楼号", "楼栋", "楼栋号", "栋号", "幢号"}, {"单元", "单元号"}, {"室", "室号", "房号", "房间号", "门牌", "门牌号", "户号"}, {"面积", "建筑面积", "专有面积", "专有部分面积", "房屋面积"},
			{"业主代号", "业主编号", "产权人代号"}, {"出租", "是否出租", "租住情况"}}},
		{what: "值班表", section: "roster", key: []string{"值班人"}, find: (*importing).findShift, fill: (*importing).fillShift, drop: (*importing).dropShift, columns: [][]string{
			{"值班人", "值班员", "值班人员", "当班人"}, {"替班", "替班人", "备班", "备班人"}, {"星期", "周几", "日期", "值班日"}, {"时间", "时段", "值班时间"}}},
		{what: "职责清单", section: "items", key: []string{"条目"}, find: (*importing).findItem, fill: (*importing).fillItem, drop: (*importing).dropItem, columns: [][]string{
			{"条目", "条目编号", "清单编号", "事项编号"}, {"名称", "事项", "事项名称"}, {"居民说法", "说法", "关键词"}, {"增加说法", "补充说法"}, {"承办", "责任主体", "由谁办", "承办人"}, {"单位", "承办单位"},
			{"接单时限", "签收时限"}, {"答复时限", "办理时限", "时限"}, {"同一件事", "合并范围"}, {"照片", "要照片"}, {"不公开", "私密"}, {"不归社区", "清单外"}, {"去哪儿", "该去哪儿", "转介"}, {"来源", "依据"}}},
		{what: "人员", section: "people", key: []string{"姓名"}, find: (*importing).findPerson, fill: (*importing).fillPerson, drop: (*importing).dropPerson, columns: [][]string{
			{"姓名", "名字", "人员"}, {"编号", "工号"}, {"电话", "手机", "手机号", "联系电话", "联系方式"}, {"职务", "岗位", "身份"}, {"范围", "负责范围", "网格", "负责网格", "负责楼栋", "楼栋"},
			{"住处", "住址", "家庭住址", "房号"}, {"语言"}, {"请假", "休假"}}},
		{what: "群", section: "groups", key: []string{"群"}, find: (*importing).findGroup, fill: (*importing).fillGroup, drop: (*importing).dropGroup, columns: [][]string{
			{"群", "群名", "群名称", "群聊"}, {"编号", "群编号"}, {"范围", "给谁", "网格", "楼栋", "楼号"}, {"语言"}, {"其他文字", "另一种文字", "蒙古文", "蒙文"}}},
		{what: "房间", section: "rooms", key: []string{"房间"}, find: (*importing).findRoom, fill: (*importing).fillRoom, drop: (*importing).dropRoom, columns: [][]string{
			{"房间", "房间名称", "活动室", "场地"}, {"编号", "房间编号"}, {"座位", "座位数", "人数", "容纳人数"}, {"开放时间", "时间"}, {"单位", "归属", "所属单位"}, {"位置", "地址", "在哪儿", "地点"}, {"其他文字", "另一种文字", "蒙古文", "蒙文"}}},
		{what: "单位", section: "bodies", key: []string{"单位"}, find: (*importing).findBody, fill: (*importing).fillBody, drop: (*importing).dropBody, columns: [][]string{
			{"单位", "单位名称"}, {"编号", "单位编号"}, {"种类", "类别", "类型"}, {"电话", "联系电话"}, {"没有成立", "未成立"}}},
		{what: "地点", section: "spots", key: []string{"地点"}, find: (*importing).findSpot, fill: (*importing).fillSpot, drop: (*importing).dropSpot, columns: [][]string{
			{"地点", "地点名称", "公共场所"}, {"编号", "地点编号"}, {"网格", "所属网格"}, {"别名", "俗称", "叫法"}, {"其他文字", "另一种文字", "蒙古文", "蒙文"}}},
		{what: "楼栋", section: "buildings", key: []string{"楼号"}, find: (*importing).findBuilding, fill: (*importing).fillBuilding, drop: (*importing).dropBuilding, columns: [][]string{
			{"楼号", "楼", "楼栋", "楼栋号", "栋号", "幢号"}, {"名称", "楼名"}, {"别名", "俗称", "叫法"}, {"单元", "单元数"}, {"层数", "楼层", "楼层数"}, {"每层户数", "一层几户"}, {"户数", "总户数"}, {"网格", "所属网格"}, {"其他文字", "另一种文字", "蒙古文", "蒙文"}}},
		{what: "网格", section: "grids", key: []string{"网格"}, find: (*importing).findGrid, fill: (*importing).fillGrid, drop: (*importing).dropGrid, columns: [][]string{
			{"网格", "网格名称", "网格名"}, {"编号", "网格编号"}, {"名称"}, {"户数", "总户数"}, {"网格员", "网格长", "负责人"}, {"替班", "替班人", "备班"}, {"楼栋", "楼", "楼号", "包含楼栋"}}},
	}
}

// aside is what stands in brackets in a header: "户数（户）".
var aside = regexp.MustCompile(`[(\[].*[)\]]$`)

// column gives what the program calls a column, "" if it does not know it.
func (s *sheet) column(header string) string {
	h := strings.TrimRight(aside.ReplaceAllString(strings.TrimLeft(fold(header), "*"), ""), "*:")
	for _, names := range append(slices.Clone(s.columns), common...) {
		if slices.Contains(names, h) {
			return names[0]
		}
	}
	return ""
}

func (s *sheet) names() []string {
	var out []string
	for _, c := range s.columns {
		out = append(out, c[0])
	}
	return append(out, common[0][0])
}

// titles is how many rows may stand above the header.
const titles = 8

// recognise finds the header row of a table and what the table is about: the
// first row that has the key of a kind and a second column of it.
func recognise(t table.Table) (kind *sheet, head table.Row, at int) {
	for i, r := range t.Rows[:min(len(t.Rows), titles)] {
		best := 0
		for _, s := range sheets() {
			known := map[string]bool{}
			for _, h := range r.Cells {
				if name := s.column(h); name != "" && name != common[1][0] {
					known[name] = true
				}
			}
			// Of two kinds that both could be meant, the one that knows more columns.
			if has := !slices.ContainsFunc(s.key, func(k string) bool { return !known[k] }); has && len(known) > max(best, 1) {
				kind, head, at, best = s, r, i, len(known)
			}
		}
		if kind != nil {
			return kind, head, at
		}
	}
	return nil, table.Row{}, 0
}

// recognisable names the kinds with the columns by which they are known.
func recognisable() []string {
	var out []string
	for _, s := range sheets() {
		out = append(out, s.what+"（"+strings.Join(s.key, "、")+"）")
	}
	return out
}
