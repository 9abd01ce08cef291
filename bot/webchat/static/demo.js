// The demo page: a group, and the phones of those whom it concerns.
import { t, day, label } from './words.js';
import { Feed, Outbox } from './feed.js';
import { Pane } from './pane.js';

const $ = s => document.querySelector(s);
const members = new Map(JSON.parse($('#members').textContent).map(m => [m.ID, m]));
const feed = new Feed();
const panes = {};
for (const name of ['group', 'resident', 'leader', 'committee']) {
  // Each phone has an outbox of its own, as phones have.
  panes[name] = new Pane($(`[data-pane=${name}]`), feed, new Outbox());
}
const speaker = $('#speaker');
const holder = { leader: $('[data-pane=leader] .holder'), committee: $('[data-pane=committee] .holder') };
const tabs = [...document.querySelectorAll('.tabs [data-chat]')];
let group = tabs[0]?.dataset.chat ?? '';
let playing = '';

const own = id => 'm/' + id;
const inGroup = (id, g) => members.get(id)?.Groups?.some(x => 'g/' + x === g);
// Whoever is writing on a phone is not taken away from it.
const writing = pane => panes[pane].input.value !== '';
const visible = pane => panes[pane].root.offsetParent !== null;

function speak(id) {
  if (!members.has(id)) return;
  speaker.value = id;
  const m = members.get(id);
  panes.group.look(group, id);
  panes.resident.look(own(id), id);
  $('#resident-name').textContent = m.Note ? `${m.Name} · ${m.Note}` : m.Name;
  const may = inGroup(id, group);
  panes.group.input.disabled = !may;
  panes.group.form.querySelector('.send').disabled = !may;
  panes.group.input.placeholder = may ? t('say') : t('notin', { who: m.Name });
  mark();
}

function choose(g) {
  group = g;
  for (const b of tabs) b.setAttribute('aria-selected', String(b.dataset.chat === g));
  const here = [...speaker.options].find(o => inGroup(o.value, g));
  speak(inGroup(speaker.value, g) || !here ? speaker.value : here.value);
}

function show(pane) {
  document.body.dataset.show = pane;
  for (const b of document.querySelectorAll('.bottom [data-show]')) {
    if (b.dataset.show === pane) b.setAttribute('aria-current', 'true'); else b.removeAttribute('aria-current');
  }
  panes[pane].bottom();
  mark();
}

function hold(pane, id) {
  holder[pane].value = id;
  panes[pane].look(own(id), id);
  mark();
}

// flash shows for a moment that a phone is somebody else's now.
function flash(pane) {
  const { root } = panes[pane];
  root.classList.add('turned');
  clearTimeout(root.turned);
  root.turned = setTimeout(() => root.classList.remove('turned'), 2000);
}

// mark puts dots where there is something that nobody has seen on this page.
const unread = new Set(); // chats
for (const o of document.querySelectorAll('option')) o.dataset.name = o.textContent.trim();
function mark() {
  for (const name of Object.keys(panes)) if (visible(name)) unread.delete(panes[name].chat);
  for (const b of tabs) b.querySelector('.dot').hidden = !unread.has(b.dataset.chat);
  for (const s of [speaker, ...Object.values(holder)]) {
    for (const o of s.options) {
      const name = (unread.has(own(o.value)) ? '● ' : '') + o.dataset.name;
      if (o.textContent !== name) o.textContent = name; // an open list would close
    }
  }
  const dot = (pane, on) => { $(`.bottom [data-show=${pane}] .dot`).hidden = !on || visible(pane); };
  dot('group', tabs.some(b => unread.has(b.dataset.chat)));
  dot('resident', unread.has(own(speaker.value)));
  for (const pane of Object.keys(holder)) {
    const who = [...holder[pane].options].map(o => o.value).filter(id => unread.has(own(id)));
    dot(pane, who.length > 0);
    const note = panes[pane].root.querySelector('.news');
    note.hidden = !who.length;
    note.querySelector('span').textContent = t('new', { who: who.map(id => members.get(id).Name).join('、') });
  }
}

// paneOf finds the phone on which somebody's private chat is shown.
const paneOf = id => Object.keys(holder).find(p => [...holder[p].options].some(o => o.value === id));

function news({ line, old }, follow) {
  if (old) return;
  unread.add(line.chat);
  const inside = line.chat.startsWith('g/');
  const id = inside ? '' : line.chat.slice(2);
  const pane = id && paneOf(id);
  if (pane && holder[pane].value !== id && !writing(pane)) {
    hold(pane, id);
    flash(pane);
  }
  // A play takes the speaker along; otherwise it is whom the visitor chose.
  if (!follow || writing('group') || writing('resident')) return;
  if (inside && line.chat !== group) choose(line.chat);
  if (line.from && !paneOf(line.from) && line.from !== speaker.value) speak(line.from);
}

// settle turns each phone to whoever got the newest message.
let settled = false;
const chosen = new Set(); // phones that the visitor has turned already
function settle() {
  settled = true;
  const newest = id => Number(feed.list(own(id)).at(-1)?.id ?? 0);
  for (const [pane, s] of Object.entries(holder)) {
    if (chosen.has(pane) || writing(pane)) continue;
    const ids = [...s.options].map(o => o.value);
    const id = ids.reduce((a, b) => newest(b) > newest(a) ? b : a, ids[0]);
    if (id) hold(pane, id);
  }
}

let clock = '';
function tell() {
  if (clock) $('#clock').textContent = `${day(clock)} ${clock.slice(11, 16)}`;
  const stop = $('#stop');
  if (!stop) return;
  stop.hidden = !playing;
  $('.plays').hidden = Boolean(playing);
  const b = [...document.querySelectorAll('[data-play]')].find(b => b.dataset.play === playing);
  stop.querySelector('.stop-what').textContent = b ? t('playing', { what: b.textContent }) : '';
}

feed.addEventListener('frame', ({ detail: { frame, changed, first } }) => {
  const follow = Boolean(playing || frame.playing); // its last words come with its end
  if (frame.clock) { clock = frame.clock; playing = frame.playing ?? ''; tell(); }
  if (!settled) settle();
  if (first) return;
  for (const c of changed) news(c, follow);
  mark();
});
feed.addEventListener('state', e => { $('.offline').hidden = e.detail.up || feed.down < 2; });

const act = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) }).catch(() => {});

for (const b of tabs) b.onclick = () => choose(b.dataset.chat);
speaker.onchange = () => speak(speaker.value);
for (const p of Object.keys(holder)) holder[p].onchange = () => { chosen.add(p); hold(p, holder[p].value); };
for (const b of document.querySelectorAll('.bottom [data-show]')) b.onclick = () => show(b.dataset.show);
for (const b of document.querySelectorAll('.chips button')) {
  b.onclick = () => { panes.group.input.value = b.textContent; panes.group.grow(); panes.group.input.focus(); };
}
for (const b of document.querySelectorAll('[data-skip]')) {
  b.onclick = async () => {
    b.disabled = true;
    await act('/demo/skip', b.dataset.skip === 'morning' ? { to: 'morning' } : { minutes: b.dataset.skip });
    b.disabled = false;
  };
}
for (const b of document.querySelectorAll('[data-play]')) {
  b.onclick = () => { $('.plays').open = false; act('/demo/play', { name: b.dataset.play }); };
}
$('#stop')?.addEventListener('click', () => act('/demo/play', { name: '' }));
document.addEventListener('click', e => { const p = $('.plays'); if (p?.open && !p.contains(e.target)) p.open = false; });

label(() => { for (const p of Object.values(panes)) p.render(); speak(speaker.value); tell(); });
choose(group);
for (const p of Object.keys(holder)) if (holder[p].value) hold(p, holder[p].value);
