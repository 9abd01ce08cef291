package local

import (
	"strconv"
	"strings"
	"time"

	"linli/flows"
)

// zone is China's, without the tables of the machine.
var zone = time.FixedZone("CST", 8*3600)

// noon is a Monday.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, zone)

// town is an invented community: twelve buildings with two or three units, a
// gate, a garage, and a short duty list of its own.
func town() *flows.Settings {
	s := &flows.Settings{Version: "1", Community: "town", Example: true, Zone: zone}
	s.Limits.Sure, s.Limits.Maybe = 0.75, 0.4
	for i := 1; i <= 12; i++ {
		n := strconv.Itoa(i)
		b := flows.Building{ID: n, Name: n + "号楼", Grid: "1", Units: []string{"1", "2", "3"}, Floors: 18, PerFloor: 4}
		switch i {
		case 10:
			b.Aliases = []string{"老干部楼", "红楼"}
		case 11:
			b.ID, b.Name, b.Units = "a", "A座", nil
		case 12:
			b.Units = nil
		}
		s.Buildings = append(s.Buildings, b)
	}
	s.Buildings = append(s.Buildings, flows.Building{ID: "11", Name: "11号楼", Grid: "1", Units: []string{"1", "2"}, Floors: 6})
	s.Spots = []flows.Spot{{ID: "east", Name: "东门", Grid: "1", Aliases: []string{"东大门"}}, {ID: "garage", Name: "地下车库", Grid: "1", Aliases: []string{"车库", "地库"}}, {ID: "square", Name: "小广场", Grid: "1"}}
	for _, l := range strings.Split(strings.TrimSpace(duties), "\n") {
		f := strings.Fields(l)
		s.Items = append(s.Items, flows.Item{ID: f[0], Name: map[string]string{"zh": f[1]}, Words: f[2:]})
	}
	for id, r := range map[string]flows.Role{"4-1": flows.Property, "4-3": flows.Owners, "8-1": flows.Leader, "8-2": flows.Staff, "8-4": flows.Captain} {
		for i := range s.Items {
			if s.Items[i].ID == id {
				s.Items[i].About = r
			}
		}
	}
	return s
}

const duties = `
1-1 电梯 电梯坏了 电梯停了 电梯不动 电梯按了没反应 电梯异响 电梯卡住了 电梯抖 坐不了电梯 电梯停运
1-2 楼道灯 楼道灯不亮 楼道灯坏了 楼道黑 声控灯坏了 楼梯灯不亮 走廊灯坏了
1-3 单元门 单元门坏了 单元门关不上 门禁坏了 门禁刷不开 对讲坏了 单元门锁坏了 门禁没反应
1-4 屋顶外墙 屋顶漏水 楼顶漏水 外墙渗水 外墙皮掉了 墙皮脱落 顶楼漏雨 保温层脱落
1-5 道路 路面坏了 路面有坑 井盖坏了 井盖松了 井盖没了 路灯不亮 路灯坏了 台阶坏了
2-1 停水 停水 没水 没水了 水压低 水小 自来水黄
2-2 停电 停电 没电 跳闸 没电了
2-3 暖气 暖气不热 停暖 没暖气 暖气冰凉 地暖不热 家里冷
2-4 停气 停气 没气了 没燃气 天然气停了
2-5 下水道 下水道堵了 下水堵了 下水道返水 马桶堵了 地漏返水 化粪池满了 污水井堵了
2-6 家里水管 家里水管漏 水龙头漏水 水管漏水 厨房漏水 暖气片漏水 水表漏水
3-1 垃圾 垃圾没人清 垃圾没清 垃圾桶满了 垃圾没拉走 垃圾成堆 垃圾臭
3-2 堆物 楼道堆物 楼道堆满 楼道堆了 楼道放杂物 楼道堆垃圾 杂物堵路
3-3 广告 小广告 乱贴广告 牛皮癣
3-4 异味 异味 污水外溢 楼道臭 粪水 臭味
3-5 宠物 狗不牵绳 狗屎 遛狗 狗叫 狗拉屎
4-1 物业服务 物业没人管 物业不接电话 物业不管 物业态度差 物业不作为 物业服务差 物业收钱不干活
4-2 物业费 物业费 停车费 物业费太贵
4-3 业委会 业委会 公共收益 业委会账目
5-1 噪声 装修噪音 噪音扰民 广场舞 半夜装修 楼上吵 跳广场舞吵
5-2 楼上漏水 楼上漏水 漏到楼下 楼上漏到我家 天花板漏水
5-3 邻里 邻居纠纷 邻居吵架 占我家 邻居占
6-1 电动车 电动车进楼 飞线充电 电动车推上楼 电动车上楼 楼道充电
6-2 停车 消防通道堵 占消防通道 消防通道停车 乱停车 占车位
6-3 可疑 可疑人员 被偷 小偷 陌生人 丢电动车
6-4 高空抛物 高空抛物 往楼下扔 楼上扔东西 楼上扔烟头 楼上扔垃圾
6-5 家庭暴力 家暴 打孩子
7-1 老人 老人送餐 助餐 老年食堂 老人没人照顾 独居老人
7-2 低保 低保 社保 医保 补贴 养老认证 高龄津贴
7-3 证明 居住证明 开证明 开个证明 盖章
7-4 活动 活动室 场地 借活动室
8-1 网格员意见 网格员不接电话 网格员态度 网格员不管
8-2 社区意见 社区不管 社区态度 居委会态度 社区不作为
8-4 楼长意见 楼长不管 楼长偏心
8-3 其他 建议
`
