// An account of somebody on the emulated Telegram.
//
// What the emulator (telegram-test-api) cannot show, and therefore is not
// tested here: it calls every chat "private" in its answers (chat ids are
// right, also of groups), ignores the offset of getUpdates (an update counts as
// read when it is fetched, so a repetition after a crash cannot be seen), keeps
// nothing of answerCallbackQuery (the short notes over a button), knows neither
// membership nor photos, and keeps the old buttons where an edit takes all of
// them away. All of that is tested against the strict server in
// bot/telegram/fake.
import { until } from '../program.js';

export class Account {
  constructor(server, token, id, name) {
    Object.assign(this, { server, token, id, name });
  }

  client(group) {
    const c = this.server.getClient(this.token, {
      userId: this.id, chatId: group?.id ?? this.id, firstName: this.name, userName: 'u' + this.id,
      type: group ? 'supergroup' : 'private', chatTitle: group?.title ?? this.name,
    });
    return c;
  }

  async say(text, group) {
    const c = this.client(group);
    if (text.startsWith('/')) await c.sendCommand(c.makeCommand(text));
    else await c.sendMessage(c.makeMessage(text));
  }

  // chat is what the bot has said to this account, or in a group, as it stands.
  chat(group) {
    const id = String(group?.id ?? this.id);
    return this.server.storage.botMessages.filter(m => String(m.message.chat_id) === id)
      .map(m => ({ id: m.messageId, text: m.message.text, rows: m.message.reply_markup?.inline_keyboard ?? [] }));
  }

  // hears waits until something in the chat matches, the latest of it.
  async hears(what, group, within) {
    return until(`${this.name} hears ${what}`, () => this.chat(group).findLast(m => m.text.match(what)), within)
      .catch(e => { throw new Error(`${e.message}; heard:\n${this.chat(group).map(m => m.text).join('\n')}`); });
  }

  // press taps a button by its label.
  async press(message, label, group) {
    const b = message.rows.flat().find(b => b.text === label);
    if (!b) throw new Error(`no button ${label} under: ${message.text}`);
    const c = this.client(group);
    await c.sendCallback(c.makeCallbackQuery(b.callback_data, { message: { message_id: message.id, text: message.text } }));
  }
}
