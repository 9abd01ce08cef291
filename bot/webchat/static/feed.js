// The feed keeps what the chats hold, live; the outbox sends until it is taken.

// at gives the address of a path of the chat; it may be served under a prefix.
export const at = path => new URL('..' + path, import.meta.url);

const wait = ms => new Promise(done => setTimeout(done, ms));

export function fresh() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(b, x => x.toString(16).padStart(2, '0')).join('');
}

export class Feed extends EventTarget {
  constructor(as = '') {
    super();
    this.as = as;
    this.rev = 0;
    this.told = false;      // the past has come
    this.chats = new Map(); // address → name
    this.lines = new Map(); // address → Map(id → line)
    this.down = 0;          // failures in a row
    addEventListener('online', () => this.hurry?.());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.hurry?.(); });
    this.run();
  }

  query(more = {}) {
    const q = new URLSearchParams(more);
    if (this.as) q.set('as', this.as);
    return q;
  }

  of(chat) {
    if (!this.lines.has(chat)) this.lines.set(chat, new Map());
    return this.lines.get(chat);
  }

  list(chat) { return [...this.of(chat).values()].sort((a, b) => a.id - b.id); }

  take(f) {
    if (f.chats && !f.reset && this.rev && f.chats.some(c => !this.chats.has(c.address))) f = { ...f, again: true };
    if (f.reset) { this.lines.clear(); this.chats.clear(); }
    if (f.chats) this.chats = new Map(f.chats.map(c => [c.address, c.name]));
    const first = !this.told || f.reset; // nothing may have been said yet: then rev stays 0
    const changed = [];
    for (const l of f.lines ?? []) {
      const old = this.of(l.chat).get(l.id);
      if (old && old.rev >= l.rev) continue;
      this.of(l.chat).set(l.id, l);
      changed.push({ line: l, old });
    }
    this.told = !f.again;
    this.rev = f.again ? 0 : f.rev;
    this.dispatchEvent(new CustomEvent('frame', { detail: { frame: f, changed, first } }));
    return !f.again; // else there is a chat whose past we do not know
  }

  state(up) {
    if (up) this.down = 0; else this.down++;
    this.dispatchEvent(new CustomEvent('state', { detail: { up } }));
  }

  async run() {
    for (;;) {
      const opened = await this.socket();
      if (!opened && this.down > 2) await this.poll();
      const ms = Math.min(20000, 500 * 2 ** Math.min(this.down, 6)) * (0.7 + Math.random() * 0.6);
      await Promise.race([wait(ms), new Promise(done => { this.hurry = done; })]);
    }
  }

  // socket ends when the connection does.
  socket() {
    return new Promise(done => {
      const live = at('/chat/live?' + this.query({ since: this.rev }));
      live.protocol = live.protocol.replace('http', 'ws');
      const ws = new WebSocket(live);
      let opened = false;
      ws.onmessage = e => {
        opened = true;
        this.state(true);
        if (!this.take(JSON.parse(e.data))) ws.close();
      };
      ws.onclose = e => {
        if (e.code === 1008) location.reload(); // the session is over
        this.state(false);
        done(opened);
      };
    });
  }

  // poll is for nets that let no websocket through.
  async poll() {
    for (let n = 0; n < 8; n++) {
      try {
        const r = await fetch(at('/chat/lines?' + this.query({ since: this.rev })));
        if (r.status === 401) location.reload();
        if (!r.ok) return;
        this.take(await r.json());
        this.dispatchEvent(new CustomEvent('state', { detail: { up: true } }));
      } catch { return; }
      await wait(4000);
    }
  }

  async older(chat) {
    const first = this.list(chat)[0];
    if (!first) return 0;
    const r = await fetch(at('/chat/lines?' + this.query({ chat, before: first.id })));
    if (!r.ok) return 0;
    const { lines = [] } = await r.json();
    for (const l of lines) if (!this.of(chat).has(l.id)) this.of(chat).set(l.id, l);
    return lines.length;
  }
}

export class Refusal extends Error {
  constructor(code) { super(code); this.code = code; }
}

// Outbox sends one thing after another. Each has an id that stays the same for
// every attempt, so the server takes it once.
export class Outbox {
  constructor(keep = '') {
    this.keep = keep; // name under which texts outlive the page; empty: they do not
    this.last = Promise.resolve();
    for (const fields of this.kept()) this.send('/chat/post', fields).catch(() => {});
  }

  kept() {
    if (!this.keep) return [];
    try { return JSON.parse(localStorage.getItem(this.keep)) ?? []; } catch { return []; }
  }

  note(change) {
    if (!this.keep) return;
    try { localStorage.setItem(this.keep, JSON.stringify(change(this.kept()).slice(-50))); } catch { /* for this visit only */ }
  }

  send(url, fields, file, waiting = () => {}) {
    fields = { id: fresh(), ...fields };
    if (url === '/chat/post' && !file) this.note(all => [...all.filter(f => f.id !== fields.id), fields]);
    const done = this.last.then(() => this.deliver(url, fields, file, waiting));
    this.last = done.catch(() => {});
    return done.finally(() => this.note(all => all.filter(f => f.id !== fields.id)));
  }

  async deliver(url, fields, file, waiting) {
    for (let n = 0; ; n++) {
      const body = new FormData();
      for (const [k, v] of Object.entries(fields)) if (v !== undefined && v !== '') body.append(k, v);
      if (file) body.append(file.name, file.data, 'file');
      let r;
      try { r = await fetch(at(url), { method: 'POST', body }); } catch { r = null; }
      if (r?.ok) return r.json();
      if (r && r.status < 500 && r.status !== 429) {
        if (r.status === 401) location.reload();
        let code = 'form';
        try { code = (await r.json()).error; } catch { /* not ours */ }
        throw new Refusal(code);
      }
      waiting();
      await wait(Math.min(30000, 800 * 2 ** Math.min(n, 6)));
    }
  }
}
