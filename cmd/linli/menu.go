package main

import "linli/bot/telegram"

// commandMenu is what Telegram offers when somebody types "/": what everybody may ask
// for. What staff say besides is in the README.
func commandMenu() []telegram.Command {
	say := func(word, zh, en string, group bool) telegram.Command {
		return telegram.Command{Word: word, Text: map[string]string{"zh-CN": zh, "en": en}, Group: group}
	}
	return []telegram.Command{
		say("help", "邻里读什么、留什么、谁看", "What Linli reads, keeps and shows", true),
		say("mine", "我的事办到哪一步了", "How my matters stand", false),
		say("mydata", "我的数据：看、改、撤回、删", "My data: see, correct, withdraw, delete", false),
		say("activities", "有什么活动", "What there is to do", false),
		say("likes", "我的喜好：邀请您什么、多久一次", "My preferences: what to be invited to, how often", false),
		say("stop", "别再发活动邀请", "No more invitations", false),
		say("poll", "想问邻居一件事，怎么写", "How to ask the neighbours something", false),
		say("here", "以后发到这里", "Tell me here from now on", false),
		say("lang", "换语言：/lang zh 或 /lang en", "Language: /lang zh or /lang en", false),
		say("desk", "工作台（有职务的人）", "The desk, for people with a post", false),
	}
}
