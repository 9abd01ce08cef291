// A pane shows one chat to one person and lets them take part. Texts and names
// are set as text only, never as markup.
import { t, day, error } from './words.js';
import { at } from './feed.js';

function el(tag, className = '', text = '') {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text) e.textContent = text;
  return e;
}

// linked is a text of Linli's own, in which the addresses of pages can be tapped. What people
// write never becomes a link.
function linked(text) {
  const p = el('p', 'text');
  for (const [i, part] of text.split(/(https?:\/\/[^\s，。；）]+)/).entries()) {
    if (i % 2 === 0) { p.append(part); continue; }
    const a = el('a', '', part);
    a.href = part;
    a.target = '_blank';
    a.rel = 'noopener';
    p.append(a);
  }
  return p;
}

const hue = name => 'hue' + [...name].reduce((n, c) => (n * 31 + c.codePointAt(0)) % 6, 7);

export class Pane {
  constructor(root, feed, outbox) {
    this.root = root;
    this.feed = feed;
    this.outbox = outbox;
    this.list = root.querySelector('.lines');
    this.form = root.querySelector('.composer');
    this.input = this.form.querySelector('textarea');
    this.toastBox = root.querySelector('.toast');
    this.chat = this.me = '';
    this.opened = new Set(); // neutral messages that were tapped
    this.waiting = new Map(); // id → own text that is not taken yet
    this.wire();
    feed.addEventListener('frame', e => this.heard(e.detail));
  }

  // look turns the pane to a chat, as a member.
  look(chat, me) {
    if (chat === this.chat && me === this.me) return;
    const other = chat !== this.chat;
    this.chat = chat;
    this.me = me;
    if (other) this.about(null);
    this.render(true);
  }

  heard({ frame, changed, first }) {
    if (first || frame.reset) return this.render(true);
    const mine = changed.filter(c => c.line.chat === this.chat);
    if (!mine.length) return;
    const low = this.low();
    for (const { line, old } of mine) {
      if (line.from === this.me) for (const [id, w] of this.waiting) if (w.text === line.text) this.waiting.delete(id);
      const shown = this.list.querySelector(`[data-id="${line.id}"]`);
      const e = this.line(line);
      e.classList.add(old ? 'changed' : 'fresh');
      if (shown) shown.replaceWith(e);
      else { this.dayBefore(line); this.list.append(e); }
    }
    this.list.querySelector('.none')?.remove();
    this.pending();
    if (low || mine.some(c => !c.old && c.line.from === this.me)) this.bottom();
  }

  low() { return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 120; }
  bottom() { this.list.scrollTop = this.list.scrollHeight; }

  render(down = false) {
    const lines = this.feed.list(this.chat);
    this.list.replaceChildren();
    this.lastDay = '';
    if (lines.length >= 100 && !this.whole?.has(this.chat)) {
      const more = el('li', 'older');
      const b = el('button', 'quiet', t('older'));
      b.onclick = async () => {
        const had = this.list.scrollHeight - this.list.scrollTop;
        if (await this.feed.older(this.chat) < 100) (this.whole ??= new Set()).add(this.chat);
        this.render();
        this.list.scrollTop = this.list.scrollHeight - had;
      };
      more.append(b);
      this.list.append(more);
    }
    for (const l of lines) { this.dayBefore(l); this.list.append(this.line(l)); }
    if (!lines.length) this.list.append(el('li', 'none', t(this.root.dataset.empty || 'empty')));
    this.pending();
    if (down) this.bottom();
  }

  dayBefore(l) {
    const d = day(l.at);
    if (d !== this.lastDay) this.list.append(el('li', 'day', d));
    this.lastDay = d;
  }

  pending() {
    for (const e of this.list.querySelectorAll('.waiting')) e.remove();
    for (const w of this.waiting.values()) {
      if (w.chat !== this.chat) continue;
      const li = el('li', 'line mine waiting');
      const body = el('div', 'body');
      const bubble = el('div', 'bubble');
      bubble.append(el('p', 'text', w.text || '…'));
      body.append(bubble, el('div', 'meta', t(w.failed ? 'retry' : 'sending')));
      li.append(body);
      this.list.append(li);
    }
  }

  line(l) {
    const bot = !l.from;
    const li = el('li', 'line ' + (bot ? 'linli' : l.from === this.me ? 'mine' : 'other'));
    li.dataset.id = l.id;
    li.dataset.from = l.from || 'linli';
    li.dataset.testid = 'message';
    const name = bot ? t('linli') : l.name;
    const face = el('div', 'face ' + (bot ? '' : hue(l.from)), bot ? '邻' : [...(name || '?')][0]);
    face.setAttribute('aria-hidden', 'true');
    const body = el('div', 'body');
    const who = el('div', 'who', name);
    if (bot) who.append(el('span', 'role', t('bot')));
    else if (l.role && l.role !== '居民') who.append(el('span', 'role', l.role));
    const bubble = el('div', 'bubble');
    body.append(who, bubble);
    li.append(face, body);
    if (l.neutral && !this.opened.has(l.id)) {
      const b = el('button', 'sealed', t('hidden'));
      b.onclick = () => { this.opened.add(l.id); li.replaceWith(this.line(l)); };
      bubble.append(b);
    } else {
      this.content(l, bubble);
      if (l.buttons?.length) body.append(this.buttons(l));
    }
    const meta = el('div', 'meta');
    const time = el('time', '', l.at.slice(11, 16));
    time.dateTime = l.at;
    meta.append(time);
    if (l.edited) meta.append(el('span', '', t('edited')));
    const reply = el('button', 'act', t('reply'));
    reply.onclick = () => this.about({ kind: 'reply', line: l });
    meta.append(reply);
    if (l.from && l.from === this.me && l.text) {
      const edit = el('button', 'act', t('edit'));
      edit.onclick = () => this.about({ kind: 'edit', line: l });
      meta.append(edit);
    }
    body.append(meta);
    return li;
  }

  content(l, bubble) {
    if (l.reply) {
      const q = this.feed.of(this.chat).get(l.reply);
      const quote = el('blockquote');
      if (q && !q.neutral) quote.textContent = `${q.from ? q.name : t('linli')}: ${(q.text || t(q.voices ? 'voice' : 'photoof')).slice(0, 60)}`;
      else quote.textContent = t('quoted');
      bubble.append(quote);
    }
    if (l.text) bubble.append(l.from ? el('p', 'text', l.text) : linked(l.text));
    for (const p of l.photos ?? []) {
      const a = el('a', 'photo');
      const img = el('img');
      a.href = img.src = at(`/chat/file/${encodeURIComponent(p)}?${this.feed.query()}`);
      a.target = '_blank';
      a.rel = 'noopener';
      img.alt = t('photoof');
      img.loading = 'lazy';
      img.onload = () => { if (this.low()) this.bottom(); };
      a.append(img);
      bubble.append(a);
    }
    for (const v of l.voices ?? []) {
      const box = el('div', 'voice');
      const source = at(`/chat/file/${encodeURIComponent(v.file)}?${this.feed.query()}`);
      if (v.save) {
        const link = el('a', '', t('savevoice'));
        link.href = source;
        link.download = 'voice.amr';
        box.append(link);
        bubble.append(box);
        continue;
      }
      const a = el('audio');
      a.controls = true;
      a.preload = 'none';
      a.src = source;
      a.setAttribute('aria-label', t('voice'));
      box.append(a, el('p', 'small', v.seconds ? `${t('voice')} ${t('seconds', { n: v.seconds })}` : t('voice')));
      bubble.append(box);
    }
    if (l.point) bubble.append(el('p', 'text where', t('located', { at: `${l.point.lat.toFixed(5)}, ${l.point.lon.toFixed(5)}` })));
  }

  buttons(l) {
    const box = el('div', 'buttons');
    for (const row of l.buttons) {
      const r = el('div', 'row');
      for (const b of row) {
        const e = el(b.URL ? 'a' : 'button', 'choice', b.Label);
        if (b.URL) {
          e.href = b.URL;
          e.target = '_blank';
          e.rel = 'noopener';
        } else {
          e.dataset.choice = b.Data;
          e.onclick = () => this.press(l, b.Data, e, box);
        }
        r.append(e);
      }
      box.append(r);
    }
    return box;
  }

  async press(l, data, button, box) {
    if (box.classList.contains('busy')) return;
    box.classList.add('busy');
    button.classList.add('pressed');
    try {
      const { toast } = await this.outbox.send('/chat/press', { as: this.feed.as || this.asMe(), chat: l.chat, message: l.id, data });
      if (toast) this.toast(toast);
    } catch (e) { this.toast(error(e.code)); }
    box.classList.remove('busy');
    button.classList.remove('pressed');
  }

  asMe() { return document.body.classList.contains('demo') ? this.me : ''; }

  toast(text) {
    this.toastBox.textContent = text;
    this.toastBox.classList.add('on');
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => this.toastBox.classList.remove('on'), 3000 + text.length * 60);
  }

  // about makes the next post a reply to a line, or a new wording of it.
  about(what) {
    if (this.aboutWhat?.kind === 'edit' && what?.kind !== 'edit') this.input.value = '';
    this.aboutWhat = what;
    const box = this.form.querySelector('.about');
    box.hidden = !what;
    if (!what) return this.grow();
    const { kind, line } = what;
    box.querySelector('.about-what').textContent = kind === 'edit' ? t('editing') : t('replying', { who: line.from ? line.name : t('linli') });
    if (kind === 'edit') this.input.value = line.text;
    this.grow();
    this.input.focus();
  }

  async post(fields, file) {
    const what = this.aboutWhat;
    const chat = this.chat;
    const key = {};
    if (what) fields[what.kind] = what.line.id;
    this.about(null);
    const show = failed => { this.waiting.set(key, { chat, text: fields.text ?? '', failed }); this.pending(); this.bottom(); };
    const slow = setTimeout(() => { if (!what || what.kind !== 'edit') show(false); }, 1200);
    try {
      await this.outbox.send('/chat/post', { as: this.feed.as || this.asMe(), chat, ...fields }, file, () => { clearTimeout(slow); show(true); });
    } catch (e) {
      this.toast(error(e.code));
      if (fields.text && !this.input.value) { this.input.value = fields.text; this.grow(); }
    }
    clearTimeout(slow);
    this.waiting.delete(key);
    this.pending();
  }

  grow() {
    this.input.style.height = 'auto';
    if (this.input.value) this.input.style.height = Math.min(this.input.scrollHeight + 2, 160) + 'px';
  }

  say() {
    const text = this.input.value.trim();
    if (!text || this.input.disabled) return;
    this.input.value = '';
    this.post({ text });
    this.grow();
  }

  wire() {
    const f = this.form;
    f.onsubmit = e => { e.preventDefault(); this.say(); };
    this.input.oninput = () => this.grow();
    this.input.onkeydown = e => {
      // Enter also ends the choice of a character; that one is not for us.
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing && e.keyCode !== 229) { e.preventDefault(); this.say(); }
      if (e.key === 'Escape') this.about(null);
    };
    f.querySelector('.cancel').onclick = () => this.about(null);
    const plus = f.querySelector('.plus');
    const extras = f.querySelector('.extras');
    plus.onclick = () => { extras.hidden = !extras.hidden; plus.setAttribute('aria-expanded', String(!extras.hidden)); };
    const file = f.querySelector('input[type=file]');
    f.querySelector('[data-act=photo]').onclick = () => file.click();
    file.onchange = async () => {
      const chosen = file.files[0];
      file.value = '';
      if (!chosen) return;
      const data = await smaller(chosen);
      if (data.size > 10 << 20) return this.toast(error('large'));
      this.post({ text: this.take() }, { name: 'photo', data });
    };
    const place = f.querySelector('[data-act=place]');
    place.hidden = !navigator.geolocation;
    place.onclick = () => navigator.geolocation.getCurrentPosition(
      p => this.post({ text: this.take(), lat: p.coords.latitude, lon: p.coords.longitude }),
      () => this.toast(error('place')), { enableHighAccuracy: true, timeout: 15000 });
    this.voice(f.querySelector('[data-act=voice]'));
  }

  take() {
    const text = this.input.value.trim();
    this.input.value = '';
    this.grow();
    return text;
  }

  voice(button) {
    button.hidden = !(window.MediaRecorder && navigator.mediaDevices?.getUserMedia);
    let recorder = null;
    const busy = on => { button.textContent = t(on ? 'recording' : 'voice'); button.classList.toggle('on', on); };
    button.onclick = async () => {
      if (recorder) return recorder.stop();
      let stream;
      try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch { return this.toast(error('mic')); }
      const parts = [];
      const begun = Date.now();
      recorder = new MediaRecorder(stream, { audioBitsPerSecond: 32000 });
      recorder.ondataavailable = e => parts.push(e.data);
      recorder.onstop = () => {
        clearTimeout(limit);
        for (const track of stream.getTracks()) track.stop();
        const data = new Blob(parts, { type: recorder.mimeType });
        recorder = null;
        busy(false);
        const seconds = Math.round((Date.now() - begun) / 1000);
        if (!data.size || data.size > 5 << 20) return this.toast(error(data.size ? 'large' : 'mic'));
        this.post({ seconds: Math.min(seconds, 600) }, { name: 'voice', data });
      };
      const limit = setTimeout(() => recorder?.stop(), 5 * 60 * 1000);
      recorder.start();
      busy(true);
    };
  }
}

// smaller makes a photo fit a slow net; where and when it was taken stays behind.
async function smaller(file) {
  try {
    const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const k = Math.min(1, 2048 / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.width * k);
    canvas.height = Math.round(image.height * k);
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const out = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.85));
    return out ?? file;
  } catch { return file; }
}
