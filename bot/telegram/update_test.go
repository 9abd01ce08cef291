package telegram

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linli/bot"
	"linli/bot/bottest"
	"linli/bot/telegram/fake"
	"linli/flows"
)

const (
	aunt  = `{"id":5001,"is_bot":false,"first_name":"王","last_name":"阿姨","language_code":"zh-hans"}`
	group = `{"id":-100200,"type":"supergroup","title":"3号楼群"}`
	dm    = `{"id":5001,"type":"private","first_name":"王"}`
	self  = `{"id":110201543,"is_bot":true,"first_name":"Linli","username":"linli_test_bot"}`
)

var (
	auntPeer  = bot.Peer{Address: "5001", Name: "王 阿姨", Person: true, Lang: "zh-hans"}
	groupPeer = bot.Peer{Address: "-100200", Name: "3号楼群", Group: true}
	dmPeer    = bot.Peer{Address: "5001", Name: "王 阿姨", Lang: "zh-hans"}
	sent      = time.Unix(1700000000, 0)
)

// in makes the Inbound a test expects, beginning with a message in the group.
func in(kind bot.Kind, change func(*bot.Inbound)) bot.Inbound {
	i := bot.Inbound{Channel: "telegram", Keys: []string{"u/7", "m/-100200/31"}, At: sent, Kind: kind, Chat: groupPeer, From: auntPeer}
	if kind == bot.Said || kind == bot.Edited {
		i.Message.Ref = "31"
	}
	if change != nil {
		change(&i)
	}
	return i
}

func said(fields string) string {
	return `{"update_id":7,"message":{"message_id":31,"date":1700000000,"chat":` + group + `,"from":` + aunt + `,` + fields + `}}`
}

func TestRead(t *testing.T) {
	now := time.Unix(1800000000, 0)
	private := func(i *bot.Inbound) {
		i.Chat = dmPeer
		i.Keys = []string{"u/7", "m/5001/31"}
	}
	ignored := func(keys ...string) bot.Inbound {
		return bot.Inbound{Channel: "telegram", Keys: append([]string{"u/7"}, keys...), At: now, Kind: bot.Ignored}
	}
	voted := func(change func(*bot.Inbound)) bot.Inbound {
		i := bot.Inbound{Channel: "telegram", Keys: []string{"u/7"}, At: now, Kind: bot.Picked, From: auntPeer, Poll: "5123"}
		change(&i)
		return i
	}
	tests := []struct {
		name, update string
		want         bot.Inbound
		lane, press  string
	}{
		{name: "text", update: said(`"text":"下水道又堵了"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "下水道又堵了" })},
		{name: "text in private", update: strings.Replace(said(`"text":"hi"`), group, dm, 1), lane: "5001",
			want: in(bot.Said, func(i *bot.Inbound) { private(i); i.Message.Text = "hi" })},
		{name: "start with a code", update: strings.Replace(said(`"text":"/start AbC-1"`), group, dm, 1), lane: "5001",
			want: in(bot.Said, func(i *bot.Inbound) { private(i); i.Message.Text = "/start AbC-1" })},
		{name: "command for us", update: said(`"text":"/Status@Linli_Test_Bot 0412"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "/Status 0412" })},
		{name: "command for us alone", update: said(`"text":"/help@linli_test_bot"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "/help" })},
		{name: "command for another", update: said(`"text":"/help@other_bot"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "/help@other_bot" })},
		{name: "name as a prefix", update: said(`"text":"/help@linli_test_bot2"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "/help@linli_test_bot2" })},
		{name: "command after words", update: said(`"text":"😀请看 /help@linli_test_bot","entities":[{"type":"bot_command","offset":5,"length":20}]`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "😀请看 /help@linli_test_bot" })},
		{name: "photo with caption", update: said(`"caption":"漏水","photo":[
				{"file_id":"s","width":90,"height":67,"file_size":100},
				{"file_id":"huge","width":9000,"height":6700,"file_size":20971521},
				{"file_id":"l","width":1280,"height":960,"file_size":20971520},
				{"file_id":"m","width":320,"height":240}]`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.Message.Text = "漏水"
				i.Message.Media = []flows.Media{{Kind: "photo", Remote: "l", Channel: "telegram"}}
			})},
		{name: "photo as a file", update: said(`"document":{"file_id":"d","mime_type":"image/jpeg","file_size":5}`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.Message.Media = []flows.Media{{Kind: "photo", Remote: "d", Channel: "telegram"}}
			})},
		{name: "other file", update: said(`"document":{"file_id":"d","mime_type":"application/pdf"}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "voice", update: said(`"voice":{"file_id":"v","duration":12,"file_size":900}`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.Message.Media = []flows.Media{{Kind: "voice", Remote: "v", Channel: "telegram", Seconds: 12}}
			})},
		{name: "location", update: said(`"location":{"latitude":31.2,"longitude":121.4}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Point = &flows.Point{Lat: 31.2, Lon: 121.4} })},
		{name: "venue", update: said(`"venue":{"location":{"latitude":1,"longitude":2},"title":"x","address":"y"},"location":{"latitude":1,"longitude":2}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Point = &flows.Point{Lat: 1, Lon: 2} })},
		{name: "sticker", update: said(`"sticker":{"file_id":"x","type":"regular"}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "reply", update: said(`"text":"还没好","reply_to_message":{"message_id":30,"chat":` + group + `,"date":1,"text":"x"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.ReplyTo = "还没好", "30" })},
		{name: "reply to a message of an unknown kind", update: said(`"text":"还没好","reply_to_message":{"message_id":30,"chat":` + group + `,"date":1,"forward_origin":{"type":"from_mars"},"paid_media":{"paid_media":[{"type":"hologram"}]}}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.ReplyTo = "还没好", "30" })},
		{name: "in the General topic", update: said(`"text":"a","message_thread_id":1,"is_topic_message":true`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "a" })},
		{name: "a thread of replies is no topic", update: said(`"text":"a","message_thread_id":29,"reply_to_message":{"message_id":29,"message_thread_id":29,"chat":` + group + `}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.ReplyTo = "a", "29" })},
		{name: "an answer to another chat's message", update: said(`"text":"a","external_reply":{"message_id":5,"origin":{"type":"from_mars"}}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "a" })},
		{name: "in a topic, no reply", update: said(`"text":"a","is_topic_message":true,"message_thread_id":2,"reply_to_message":{"message_id":2,"chat":` + group + `}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Ref, i.Message.Text = "31@2", "a" })},
		{name: "in a topic, a reply", update: said(`"text":"a","is_topic_message":true,"message_thread_id":2,"reply_to_message":{"message_id":9,"chat":` + group + `}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Ref, i.Message.Text, i.Message.ReplyTo = "31@2", "a", "9@2" })},
		{name: "in a topic, an edit", update: `{"update_id":7,"edited_message":` + strings.TrimPrefix(said(`"text":"b","edit_date":1700000060,"is_topic_message":true,"message_thread_id":2`), `{"update_id":7,"message":`),
			want: in(bot.Edited, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "m/-100200/31/1700000060.16121bda"}
				i.At = time.Unix(1700000060, 0)
				i.Message.Ref, i.Message.Text = "31@2", "b"
			})},
		{name: "in a topic, a press", press: "4801", lane: "5001@-100200", update: `{"update_id":7,"callback_query":{"id":"4801","from":` + aunt + `,"data":"c1/accept","message":{"message_id":40,"message_thread_id":2,"is_topic_message":true,"date":1700000000,"chat":` + group + `,"from":` + self + `,"text":"新诉求"}}}`,
			want: in(bot.Pressed, func(i *bot.Inbound) {
				i.Keys, i.At, i.Press, i.Message.Ref = []string{"u/7", "c/4801"}, now, "c1/accept", "40@2"
			})},
		{name: "in a topic, a press below an inaccessible message", press: "4801", lane: "5001@-100200", update: `{"update_id":7,"callback_query":{"id":"4801","from":` + aunt + `,"data":"c1/accept","message":{"message_id":40,"date":0,"chat":` + group + `}}}`,
			want: in(bot.Pressed, func(i *bot.Inbound) {
				i.Keys, i.At, i.Press, i.Message.Ref = []string{"u/7", "c/4801"}, now, "c1/accept", "40@2"
			})},
		{name: "in a topic, a reaction", update: `{"update_id":7,"message_reaction":{"chat":` + group + `,"message_id":40,"user":` + aunt + `,"date":1700000000,"old_reaction":[],"new_reaction":[]}}`,
			want: in(bot.Reacted, func(i *bot.Inbound) { i.Keys, i.Message.Ref = i.Keys[:1], "40@2" })},
		{name: "forward", update: said(`"text":"a","forward_origin":{"type":"user","date":1,"sender_user":` + aunt + `}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.Forwarded = "a", true })},
		{name: "forward of an unknown kind", update: said(`"text":"a","forward_origin":{"type":"from_mars"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.Forwarded = "a", true })},
		{name: "old forward", update: said(`"text":"a","forward_date":17`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text, i.Message.Forwarded = "a", true })},
		{name: "null parts", update: `{"update_id":7,"edited_message":null,"callback_query":null,` + strings.TrimPrefix(said(`"text":"a","forward_origin":null,"reply_to_message":null,"sender_chat":null`), `{"update_id":7,`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "a" })},
		{name: "a NUL in the text", update: said(`"text":"a\u0000b"`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "ab" })},
		{name: "another bot", update: strings.Replace(said(`"text":"a"`), aunt, `{"id":9,"is_bot":true,"first_name":"B"}`, 1),
			want: in(bot.Said, func(i *bot.Inbound) { i.From = bot.Peer{Address: "9", Name: "B"}; i.Message.Text = "a" })},
		{name: "via a bot", update: said(`"text":"a","via_bot":{"id":9,"is_bot":true,"first_name":"B"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.From.Person = false; i.Message.Text = "a" })},
		{name: "a channel", update: said(`"text":"a","sender_chat":{"id":-100900,"type":"channel","title":"公告"}`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.From = bot.Peer{Address: "-100900", Name: "公告"}
				i.Message.Text = "a"
			})},
		{name: "an anonymous admin", update: said(`"text":"a","sender_chat":` + group),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.From = bot.Peer{Address: "-100200", Name: "3号楼群"}
				i.Message.Text = "a"
			})},
		{name: "shared message number 0", update: strings.Replace(said(`"text":"a"`), `"message_id":31`, `"message_id":0`, 1),
			want: in(bot.Said, func(i *bot.Inbound) { i.Keys = i.Keys[:1]; i.Message.Ref, i.Message.Text = "0", "a" })},
		{name: "edit", update: `{"update_id":7,"edited_message":` + strings.TrimPrefix(said(`"text":"b","edit_date":1700000060`), `{"update_id":7,"message":`),
			want: in(bot.Edited, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "m/-100200/31/1700000060.16121bda"}
				i.At = time.Unix(1700000060, 0)
				i.Message.Text = "b"
			})},
		{name: "live location moves", update: `{"update_id":7,"edited_message":` + strings.TrimPrefix(said(`"location":{"latitude":1,"longitude":2,"live_period":60},"edit_date":1700000060`), `{"update_id":7,"message":`),
			want: in(bot.Ignored, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "m/-100200/31/1700000060.d202ef8d"}
				i.At = time.Unix(1700000060, 0)
				i.Message = flows.Message{Ref: "31", Point: &flows.Point{Lat: 1, Lon: 2}}
			})},
		{name: "we were added, as a message", update: said(`"new_chat_members":[{"id":8,"is_bot":false,"first_name":"x"},` + self + `]`),
			want: in(bot.Joined, func(i *bot.Inbound) {
				i.Keys = append(i.Keys, "j/-100200/1700000000", "j/-100200/1699999999")
				i.Title, i.Reads = "3号楼群", true
			})},
		{name: "a group was made with us", update: said(`"group_chat_created":true`),
			want: in(bot.Joined, func(i *bot.Inbound) {
				i.Keys = append(i.Keys, "j/-100200/1700000000", "j/-100200/1699999999")
				i.Title, i.Reads = "3号楼群", true
			})},
		{name: "we were added, as a change", update: `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"left","user":` + self + `},"new_chat_member":{"status":"administrator","user":` + self + `}}}`,
			want: in(bot.Joined, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "j/-100200/1700000000", "j/-100200/1699999999"}
				i.Title, i.Reads, i.Admin = "3号楼群", true, true
			})},
		{name: "we became admin", update: `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"member","user":` + self + `},"new_chat_member":{"status":"administrator","user":` + self + `}}}`,
			want: in(bot.Powers, func(i *bot.Inbound) { i.Keys, i.Title, i.Reads, i.Admin = i.Keys[:1], "3号楼群", true, true })},
		{name: "we are admin no more", update: `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"administrator","user":` + self + `},"new_chat_member":{"status":"restricted","is_member":true,"user":` + self + `}}}`,
			want: in(bot.Powers, func(i *bot.Inbound) { i.Keys, i.Title, i.Reads = i.Keys[:1], "3号楼群", true })},
		{name: "admin of a channel", lane: "-100900", update: `{"update_id":7,"my_chat_member":{"chat":{"id":-100900,"type":"channel","title":"c"},"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"member"},"new_chat_member":{"status":"administrator"}}}`,
			want: in(bot.Ignored, func(i *bot.Inbound) {
				i.Keys = i.Keys[:1]
				i.Chat = bot.Peer{Address: "-100900", Name: "c", Group: true}
			})},
		{name: "a status nobody knows", update: `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"kicked"},"new_chat_member":{"status":"archbishop"}}}`,
			want: in(bot.Joined, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "j/-100200/1700000000", "j/-100200/1699999999"}
				i.Title, i.Reads = "3号楼群", true
			})},
		{name: "we were kicked", update: `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"restricted","is_member":true},"new_chat_member":{"status":"kicked","user":` + self + `}}}`,
			want: in(bot.Removed, func(i *bot.Inbound) { i.Keys = []string{"u/7", "x/-100200/1700000000", "x/-100200/1699999999"} })},
		{name: "we were taken out, as a message", update: said(`"left_chat_member":` + self),
			want: in(bot.Removed, func(i *bot.Inbound) { i.Keys = append(i.Keys, "x/-100200/1700000000", "x/-100200/1699999999") })},
		{name: "blocked", lane: "5001", update: `{"update_id":7,"my_chat_member":{"chat":` + dm + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked","until_date":0}}}`,
			want: in(bot.Removed, func(i *bot.Inbound) { private(i); i.Keys = i.Keys[:1] })},
		{name: "unblocked", lane: "5001", update: `{"update_id":7,"my_chat_member":{"chat":` + dm + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"kicked"},"new_chat_member":{"status":"member"}}}`,
			want: in(bot.Ignored, func(i *bot.Inbound) { private(i); i.Keys = i.Keys[:1] })},
		{name: "added to a channel", lane: "-100900", update: `{"update_id":7,"my_chat_member":{"chat":{"id":-100900,"type":"channel","title":"c"},"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"left"},"new_chat_member":{"status":"administrator"}}}`,
			want: in(bot.Ignored, func(i *bot.Inbound) {
				i.Keys = i.Keys[:1]
				i.Chat = bot.Peer{Address: "-100900", Name: "c", Group: true}
			})},
		{name: "a neighbour left, as a message", update: strings.Replace(said(`"left_chat_member":`+aunt), `"from":`+aunt, `"from":{"id":8,"is_bot":false,"first_name":"x"}`, 1),
			want: in(bot.Left, func(i *bot.Inbound) {
				i.Keys = append(i.Keys, "l/-100200/5001/1700000000", "l/-100200/5001/1699999999")
			})},
		{name: "a neighbour left, as a change", update: `{"update_id":7,"chat_member":{"chat":` + group + `,"from":{"id":8,"is_bot":false,"first_name":"x"},"date":1700000001,"old_chat_member":{"status":"member","user":` + aunt + `},"new_chat_member":{"status":"left","user":` + aunt + `}}}`,
			want: in(bot.Left, func(i *bot.Inbound) {
				i.At = time.Unix(1700000001, 0)
				i.Keys = []string{"u/7", "l/-100200/5001/1700000001", "l/-100200/5001/1700000000"}
			})},
		{name: "a neighbour came", update: `{"update_id":7,"chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"left","user":` + aunt + `},"new_chat_member":{"status":"member","user":` + aunt + `}}}`,
			want: in(bot.Came, func(i *bot.Inbound) {
				i.Keys = []string{"u/7", "k/-100200/5001/1700000000", "k/-100200/5001/1699999999"}
			})},
		{name: "a neighbour was promoted", update: `{"update_id":7,"chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"member","user":` + aunt + `},"new_chat_member":{"status":"administrator","user":` + aunt + `}}}`,
			want: in(bot.Ignored, func(i *bot.Inbound) { i.Keys = i.Keys[:1] })},
		{name: "neighbours were added, as a message", update: strings.Replace(said(`"new_chat_members":[`+aunt+`,{"id":9,"is_bot":false,"first_name":"y"}]`), `"from":`+aunt, `"from":{"id":8,"is_bot":false,"first_name":"x"}`, 1),
			want: in(bot.Came, func(i *bot.Inbound) {
				i.Keys = append(i.Keys, "k/-100200/5001/1700000000", "k/-100200/5001/1699999999")
			})},
		{name: "another bot was added", update: said(`"new_chat_members":[{"id":9,"is_bot":true,"first_name":"B"}]`),
			want: in(bot.Came, func(i *bot.Inbound) {
				i.From = bot.Peer{Address: "9", Name: "B"}
				i.Keys = append(i.Keys, "k/-100200/9/1700000000", "k/-100200/9/1699999999")
			})},
		{name: "migration, in the old group", update: said(`"migrate_to_chat_id":-100777`),
			want: in(bot.Migrated, func(i *bot.Inbound) { i.Keys, i.To = append(i.Keys, "g/-100200/-100777"), "-100777" })},
		{name: "migration, in the new group", lane: "-100777", update: strings.Replace(said(`"migrate_from_chat_id":-100200`), group, `{"id":-100777,"type":"supergroup","title":"3号楼群"}`, 1),
			want: in(bot.Migrated, func(i *bot.Inbound) {
				i.Keys, i.To = []string{"u/7", "m/-100777/31", "g/-100200/-100777"}, "-100777"
			})},
		{name: "photo of an album", update: said(`"media_group_id":"135","caption":"漏水","photo":[{"file_id":"l","width":1280,"height":960}]`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.Message.Text, i.Message.Album = "漏水", "135"
				i.Message.Media = []flows.Media{{Kind: "photo", Remote: "l", Channel: "telegram"}}
			})},
		{name: "second photo of an album", update: said(`"media_group_id":"135","photo":[{"file_id":"m","width":1280,"height":960}]`),
			want: in(bot.Said, func(i *bot.Inbound) {
				i.Message.Album = "135"
				i.Message.Media = []flows.Media{{Kind: "photo", Remote: "m", Channel: "telegram"}}
			})},
		{name: "video", update: said(`"caption":"水都流到楼道了","video":{"file_id":"v","width":1,"height":1,"duration":3,"mime_type":"video/mp4"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "水都流到楼道了" })},
		{name: "GIF", update: said(`"caption":"看","animation":{"file_id":"a","mime_type":"video/mp4"},"document":{"file_id":"a","mime_type":"video/mp4"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "看" })},
		{name: "document with words", update: said(`"caption":"合同","document":{"file_id":"d","mime_type":"application/pdf"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "合同" })},
		{name: "drawing that may run", update: said(`"caption":"图","document":{"file_id":"d","mime_type":"image/svg+xml"}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "图" })},
		{name: "photo as a file, too large", update: said(`"caption":"图","document":{"file_id":"d","mime_type":"image/png","file_size":20971521}`),
			want: in(bot.Said, func(i *bot.Inbound) { i.Message.Text = "图" })},
		{name: "video note", update: said(`"video_note":{"file_id":"v","length":240,"duration":3}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "contact", update: said(`"contact":{"phone_number":"13800138000","first_name":"李"}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "poll", update: said(`"poll":{"id":"1","question":"装不装充电桩","options":[]}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "a message was pinned", update: said(`"pinned_message":{"message_id":30,"date":1,"chat":` + group + `,"text":"x"}`), want: in(bot.Ignored, func(i *bot.Inbound) { i.Message.Ref = "31" })},
		{name: "a topic was opened", update: strings.Replace(said(`"message_thread_id":52,"is_topic_message":true,"forum_topic_created":{"name":"报修","icon_color":1}`), `"message_id":31`, `"message_id":52`, 1),
			want: in(bot.Ignored, func(i *bot.Inbound) { i.Keys[1], i.Message.Ref = "m/-100200/52", "52@52" })},
		{name: "post of a channel", lane: "u/7", update: `{"update_id":7,"channel_post":{"message_id":31,"date":1700000000,"chat":{"id":-100900,"type":"channel","title":"公告"},"text":"停水"}}`, want: ignored()},
		{name: "counted reactions", lane: "u/7", update: `{"update_id":7,"message_reaction_count":{"chat":` + group + `,"message_id":30,"date":1,"reactions":[{"type":{"type":"emoji","emoji":"👍"},"total_count":3}]}}`, want: ignored()},
		{name: "more than an update can hold", lane: "u/7", update: said(`"text":"` + strings.Repeat("😀", 1<<18) + `"`), want: ignored()},
		{name: "press", press: "4801", lane: "5001@-100200", update: `{"update_id":7,"callback_query":{"id":"4801","from":` + aunt + `,"chat_instance":"1","data":"c1/accept","message":{"message_id":31,"date":1700000000,"chat":` + group + `,"from":` + self + `,"text":"新诉求"}}}`,
			want: in(bot.Pressed, func(i *bot.Inbound) {
				i.Keys, i.At, i.Press, i.Message.Ref = []string{"u/7", "c/4801"}, now, "c1/accept", "31"
			})},
		{name: "press below an inaccessible message", press: "4801", lane: "5001", update: `{"update_id":7,"callback_query":{"id":"4801","from":` + aunt + `,"data":"c1/accept","message":{"message_id":31,"date":0,"chat":` + dm + `}}}`,
			want: in(bot.Pressed, func(i *bot.Inbound) {
				private(i)
				i.Keys, i.At, i.Press, i.Message.Ref = []string{"u/7", "c/4801"}, now, "c1/accept", "31"
			})},
		{name: "press below an inline message", press: "4801", lane: "5001", update: `{"update_id":7,"callback_query":{"id":"4801","from":` + aunt + `,"data":"x","inline_message_id":"abc"}}`,
			want: in(bot.Ignored, func(i *bot.Inbound) { i.Keys, i.At, i.Chat = []string{"u/7", "c/4801"}, now, bot.Peer{} })},
		{name: "reaction", update: `{"update_id":7,"message_reaction":{"chat":` + group + `,"message_id":30,"user":` + aunt + `,"date":1700000000,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}}`,
			want: in(bot.Reacted, func(i *bot.Inbound) { i.Keys, i.Message.Ref = i.Keys[:1], "30" })},
		{name: "reaction in private, of an unknown kind", lane: "5001", update: `{"update_id":7,"message_reaction":{"chat":` + dm + `,"message_id":30,"user":` + aunt + `,"date":1700000000,"old_reaction":[],"new_reaction":[{"type":"hologram"}]}}`,
			want: in(bot.Reacted, func(i *bot.Inbound) { private(i); i.Keys, i.Message.Ref = i.Keys[:1], "30" })},
		{name: "reaction of an anonymous admin", update: `{"update_id":7,"message_reaction":{"chat":` + group + `,"message_id":30,"actor_chat":` + group + `,"date":1700000000,"old_reaction":[],"new_reaction":[]}}`,
			want: in(bot.Reacted, func(i *bot.Inbound) {
				i.Keys, i.Message.Ref = i.Keys[:1], "30"
				i.From = bot.Peer{Address: "-100200", Name: "3号楼群"}
			})},
		{name: "reaction without a chat", lane: "u/7", update: `{"update_id":7,"message_reaction":{"message_id":30}}`, want: ignored()},
		{name: "vote", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + aunt + `,"option_ids":[1],"option_persistent_ids":["b"]}}`,
			want: voted(func(i *bot.Inbound) { i.Picks = []int{1} })},
		{name: "vote for several", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + aunt + `,"option_ids":[0,2]}}`,
			want: voted(func(i *bot.Inbound) { i.Picks = []int{0, 2} })},
		{name: "vote taken back", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + aunt + `,"option_ids":[]}}`,
			want: voted(func(i *bot.Inbound) { i.Picks = []int{} })},
		{name: "vote of a bot", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + self + `,"option_ids":[0]}}`,
			want: voted(func(i *bot.Inbound) { i.From, i.Picks = bot.Peer{Address: "110201543", Name: "Linli"}, []int{0} })},
		{name: "vote of an anonymous admin", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","voter_chat":` + group + `,"option_ids":[0]}}`, want: ignored()},
		{name: "vote of a channel, as old bots are told", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","voter_chat":{"id":-100900,"type":"channel","title":"x"},"user":` + aunt + `,"option_ids":[0]}}`, want: ignored()},
		{name: "vote of nobody", lane: "p/5123", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","option_ids":[0]}}`, want: ignored()},
		{name: "vote without options is none taken back", lane: "u/7", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + aunt + `}}`, want: ignored()},
		{name: "vote in no poll", lane: "u/7", update: `{"update_id":7,"poll_answer":{"user":` + aunt + `,"option_ids":[0]}}`, want: ignored()},
		{name: "vote that is broken", lane: "u/7", update: `{"update_id":7,"poll_answer":{"poll_id":"5123","user":` + aunt + `,"option_ids":["a"]}}`, want: ignored()},
		{name: "a poll changed", lane: "u/7", update: `{"update_id":7,"poll":{"id":"5123","question":"装不装","options":[]}}`, want: ignored()},
		{name: "unknown kind", lane: "u/7", update: `{"update_id":7,"telepathy":{"from":1}}`, want: ignored()},
		{name: "wrong type inside", lane: "u/7", update: said(`"text":17`), want: ignored()},
		{name: "chat is missing", lane: "u/7", update: `{"update_id":7,"message":{"message_id":1,"text":"a"}}`, want: ignored()},
		{name: "message is no object", lane: "u/7", update: `{"update_id":7,"message":[1]}`, want: ignored()},
		{name: "press is broken", lane: "u/7", update: `{"update_id":7,"callback_query":{"id":5}}`, want: ignored()},
		{name: "press without anything", lane: "u/7", update: `{"update_id":7,"callback_query":{}}`, want: ignored()},
		{name: "membership is broken", lane: "u/7", update: `{"update_id":7,"my_chat_member":{"new_chat_member":"left"}}`, want: ignored()},
	}
	s := newStage(t, Polling)
	s.tg.now = func() time.Time { return now }
	for _, test := range tests {
		s.tg.topics = topics{}
		s.tg.topics.note(-100200, 40, 2)
		h, err := s.tg.read(t.Context(), []byte(test.update))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if diff := cmp.Diff(test.want, h.in); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if test.lane == "" {
			test.lane = "-100200"
		}
		if h.lane != test.lane || h.press != test.press {
			t.Errorf("%s: lane %q press %q, want %q %q", test.name, h.lane, h.press, test.lane, test.press)
		}
	}
	for _, nothing := range []string{`{}`, `[]`, `null`, `"x"`, `{"update_id":"7"}`, `{"message":{}}`, `{"update_id":null}`} {
		if h, err := s.tg.read(t.Context(), []byte(nothing)); err == nil {
			t.Errorf("%s was read as %+v", nothing, h)
		}
	}
}

// Our own name is asked for once, whatever is said; what we may hear, whenever
// it may have changed.
func TestAskedForOnce(t *testing.T) {
	s := newStage(t, Polling)
	read := func(update string) bot.Inbound {
		t.Helper()
		h, err := s.tg.read(t.Context(), []byte(update))
		if err != nil {
			t.Fatal(err)
		}
		return h.in
	}
	for range 3 {
		read(said(`"text":"/help@linli_test_bot"`))
	}
	if n := len(s.server.Calls("getMe")); n != 1 {
		t.Errorf("our own name was asked for %d times, want once", n)
	}
	change := func(old, now string) string {
		return `{"update_id":7,"my_chat_member":{"chat":` + group + `,"from":` + aunt + `,"date":1700000000,"old_chat_member":{"status":"` + old + `"},"new_chat_member":{"status":"` + now + `"}}}`
	}
	for _, test := range []struct {
		name, old, now string
		all, fails     bool
		kind           bot.Kind
		reads, admin   bool
	}{
		{"privacy mode is switched on meanwhile", "left", "member", false, false, bot.Joined, false, false},
		{"made an admin", "member", "administrator", false, false, bot.Powers, true, true},
		{"admin no more", "administrator", "member", false, false, bot.Powers, false, false},
		{"muted", "member", "restricted", false, false, bot.Removed, false, false},
		{"privacy mode is off, added again", "kicked", "member", true, false, bot.Joined, true, false},
		{"nobody answers", "administrator", "member", false, true, bot.Powers, true, false}, // as it was last known
	} {
		s.server.ReadsAll = test.all
		if test.fails {
			s.server.Fail("getMe", 1, fake.BadGateway)
		}
		in := read(change(test.old, test.now))
		if in.Kind != test.kind || in.Reads != test.reads || in.Admin != test.admin {
			t.Errorf("%s: %s, reads %v, admin %v", test.name, in.Kind, in.Reads, in.Admin)
		}
	}
}

// What Telegram tells twice must share a key even if the two are a second
// apart, and two happenings must not.
func TestMoment(t *testing.T) {
	shares := func(a, b int64) bool {
		for _, x := range moment("j/1", a) {
			for _, y := range moment("j/1", b) {
				if x == y {
					return true
				}
			}
		}
		return false
	}
	for _, test := range []struct {
		apart int64
		want  bool
	}{{-1, true}, {0, true}, {1, true}, {2, false}, {60, false}} {
		if got := shares(1000, 1000+test.apart); got != test.want {
			t.Errorf("%d seconds apart: share a key = %v", test.apart, got)
		}
	}
}

func TestDisplay(t *testing.T) {
	long := strings.Repeat("阿不都热依木·", 9) + "买买提"
	for _, test := range []struct{ in, want string }{
		{"王阿姨", "王阿姨"},
		{"  王 \n\t阿姨 ", "王 阿姨"},
		{long, long},
		{"ئابدۇراخمان", "ئابدۇراخمان"}, // letters that run right to left stay
		{"\u202eevil\u202c 主任", "evil 主任"},
		{"王\u200b\u200f\u2066敏\u2069", "王敏"},
		{"\u3164\u2800", ""},
		{"\x00\x1b[31m红", "[31m红"},
		{"👩‍🔧 小李", "👩🔧 小李"},
	} {
		if got := display(test.in); got != test.want {
			t.Errorf("display(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(said(`"text":"/a@linli_test_bot","entities":[{"type":"bot_command","offset":99,"length":-5}]`)))
	for _, seed := range []string{
		`{"update_id":7,"callback_query":{"id":"1","from":` + aunt + `}}`,
		`{"update_id":7,"callback_query":{"id":"1","from":` + aunt + `,"data":"a","message":{"message_id":3,"message_thread_id":2,"is_topic_message":true,"chat":` + group + `}}}`,
		`{"update_id":7,"message_reaction":{"chat":` + group + `,"message_id":-1,"user":` + aunt + `,"new_reaction":[{"type":"x"}]}}`,
		`{"update_id":7,"chat_member":{"chat":` + group + `,"from":` + aunt + `,"old_chat_member":{"status":"left"},"new_chat_member":{"status":"restricted","is_member":true}}}`,
		said(`"migrate_to_chat_id":-1`), said(`"migrate_from_chat_id":9223372036854775807`), said(`"new_chat_members":[` + aunt + `]`), said(`"left_chat_member":` + aunt),
		said(`"text":"a","is_topic_message":true,"message_thread_id":-9,"reply_to_message":{"message_id":0}`),
		said(`"media_group_id":"1","caption":"a\u202e","photo":[{"file_id":"x","width":-1,"height":9223372036854775807}],"document":{"mime_type":"image/png"}`),
		strings.Repeat(`{"message":`, 300) + strings.Repeat("}", 300),
	} {
		f.Add([]byte(seed))
	}
	tg, err := New(Options{Token: "1:a", APIURL: "http://127.0.0.1:1", Receive: &bottest.Ears{}, Cursor: &bookmark{}})
	if err != nil {
		f.Fatal(err)
	}
	tg.me.Store(&me{name: "linli_test_bot"})
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := tg.read(t.Context(), raw)
		if err == nil && (len(h.in.Keys) == 0 || h.in.Keys[0] != "u/"+strconv.FormatInt(h.id, 10) || h.lane == "") {
			t.Errorf("%q: keys %q lane %q", raw, h.in.Keys, h.lane)
		}
		if err != nil {
			return
		}
		if id, topic, ok := parseRef(h.in.Message.Ref); ok && refOf(int64(id), int64(topic)) != h.in.Message.Ref {
			t.Errorf("%q: the reference %q is read as another", raw, h.in.Message.Ref)
		}
		if (h.in.Kind == bot.Migrated) != (h.in.To != "") || (h.in.Kind == bot.Pressed) != (h.in.Press != "") || strings.ContainsAny(h.in.From.Name+h.in.Chat.Name, "\n\u202e") {
			t.Errorf("%q: heard as %+v", raw, h.in)
		}
		if h.in.Kind != bot.Said && h.in.Kind != bot.Edited && h.in.Kind != bot.Ignored && (h.in.Message.Text != "" || h.in.Message.Media != nil) {
			t.Errorf("%q: a %s keeps words", raw, h.in.Kind)
		}
	})
}
