package fake

import "time"

// What can be added to what a person says.

// Option adds to what is said.
type Option func(s *Server, chat int64, o object)

// Photo sends a picture in three sizes, the largest being data; the text is
// its caption.
func Photo(data []byte) Option {
	return func(s *Server, _ int64, o object) {
		caption(o)
		small := s.keep("photos", ".jpg", data[:min(len(data), 100)])
		large := s.keep("photos", ".jpg", data)
		o["photo"] = []object{
			{"file_id": small, "file_unique_id": small + "u", "width": 90, "height": 67, "file_size": min(len(data), 100)},
			{"file_id": large, "file_unique_id": large + "u", "width": 1280, "height": 960, "file_size": len(data)},
		}
	}
}

// Voice sends a voice note.
func Voice(data []byte, seconds int) Option {
	return func(s *Server, _ int64, o object) {
		caption(o)
		id := s.keep("voice", ".oga", data)
		o["voice"] = object{"file_id": id, "file_unique_id": id + "u", "duration": seconds, "mime_type": "audio/ogg", "file_size": len(data)}
	}
}

// Carrying sends a file of another kind (document, video, video_note, animation,
// sticker, audio); the text is its caption, where there can be one.
func Carrying(kind, mime string, data []byte) Option {
	return func(s *Server, _ int64, o object) {
		switch kind {
		case "sticker", "video_note":
			delete(o, "text")
		default:
			caption(o)
		}
		id := s.keep(kind, ".bin", data)
		f := object{"file_id": id, "file_unique_id": id + "u", "file_size": len(data)}
		if mime != "" {
			f["mime_type"] = mime
		}
		o[kind] = f
		if kind == "animation" { // "for backward compatibility", in Telegram's words
			o["document"] = f
		}
	}
}

// At sends a location.
func At(lat, lon float64) Option {
	return func(_ *Server, _ int64, o object) {
		delete(o, "text")
		o["location"] = object{"latitude": lat, "longitude": lon}
	}
}

// ReplyTo answers a message of the same chat.
func ReplyTo(message int64) Option {
	return func(s *Server, chat int64, o object) {
		if m := s.chats[chat].find(message); m != nil {
			o["reply_to_message"] = s.message(chat, m)
			o[answered] = m.Bot
			switch g := s.groups[chat]; {
			case m.Topic != 0:
				o["message_thread_id"], o["is_topic_message"] = m.Topic, true
			case g != nil && !g.Forum: // replies in a supergroup form threads, which are no topics
				o["message_thread_id"] = message
			}
		}
	}
}

// Forwarded marks it as somebody else's words.
func Forwarded(from string) Option {
	return func(s *Server, _ int64, o object) {
		at := s.Now().Add(-time.Hour).Unix()
		o["forward_origin"] = object{"type": "hidden_user", "sender_user_name": from, "date": at}
	}
}

// As speaks as a channel or, with the group's own number, as an anonymous admin.
func As(chat int64, title string) Option {
	return func(_ *Server, at int64, o object) {
		kind := "channel"
		if chat == at {
			kind = "supergroup"
		}
		o["sender_chat"] = object{"id": chat, "type": kind, "title": title}
		o["from"] = object{"id": 1087968824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"}
	}
}

// With adds a field as it is, for what has no option here.
func With(field string, value any) Option {
	return func(_ *Server, _ int64, o object) { o[field] = value }
}

// answered marks, inside Say only, that a reply is to the bot.
const answered = "\x00answered"

func caption(o object) {
	if text := o["text"]; text != nil && text != "" {
		o["caption"] = text
	}
	delete(o, "text")
}
