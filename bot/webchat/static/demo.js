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
const tabs = [...document.querySelectorAll('.tabs [data-chat]')];
let group = tabs[0]?.dataset.chat ?? '';
let playing = '';

const inGroup = (id, g) => members.get(id)?.Groups?.some(x => 'g/' + x === g);
const own = id => 'm/' + id;

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
  dot('resident', false);
}

function choose(g) {
  group = g;
  for (const b of tabs) {
    b.setAttribute('aria-selected', String(b.dataset.chat === g));
    if (b.dataset.chat === g) b.querySelector('.dot').hidden = true;
  }
  const here = [...speaker.options].find(o => inGroup(o.value, g));
  speak(inGroup(speaker.value, g) || !here ? speaker.value : here.value);
}

const dot = (pane, on) => { const d = $(`.bottom [data-show=${pane}] .dot`); if (d) d.hidden = !on; };
const shown = () => document.body.dataset.show;

function show(pane) {
  document.body.dataset.show = pane;
  for (const b of document.querySelectorAll('.bottom [data-show]')) {
    if (b.dataset.show === pane) b.setAttribute('aria-current', 'true'); else b.removeAttribute('aria-current');
  }
  dot(pane, false);
  panes[pane].bottom();
}

const holder = { leader: $('[data-pane=leader] .holder'), committee: $('[data-pane=committee] .holder') };

function hold(pane, id) {
  const s = holder[pane];
  s.value = id;
  const o = s.selectedOptions[0];
  if (o) o.textContent = o.dataset.name;
  panes[pane].look(own(id), id);
}

// paneOf finds the phone on which somebody's private chat is shown.
const paneOf = id => Object.keys(holder).find(p => [...holder[p].options].some(o => o.value === id));

function news({ line, old }, follow) {
  if (old) return;
  if (line.chat.startsWith('g/')) {
    if (follow && line.chat !== group) choose(line.chat);
    if (line.chat !== group) tabs.find(b => b.dataset.chat === line.chat)?.querySelector('.dot').removeAttribute('hidden');
    if (shown() !== 'group') dot('group', true);
    return;
  }
  const id = line.chat.slice(2);
  const pane = paneOf(id);
  if (pane) {
    const s = holder[pane];
    // Whoever is writing on this phone is not taken away from it.
    if (s.value !== id && !panes[pane].input.value && document.activeElement !== panes[pane].input) hold(pane, id);
    if (s.value !== id) {
      const o = [...s.options].find(o => o.value === id);
      o.textContent = '● ' + o.dataset.name;
    }
    if (shown() !== pane) dot(pane, true);
    return;
  }
  if (follow && speaker.value !== id && members.has(id)) speak(id);
  if (speaker.value === id && shown() !== 'resident') dot('resident', true);
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
  if (frame.clock) { clock = frame.clock; playing = frame.playing ?? ''; tell(); }
  if (!first) for (const c of changed) news(c, Boolean(playing));
});
feed.addEventListener('state', e => { $('.offline').hidden = e.detail.up || feed.down < 2; });

const act = (url, fields) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) }).catch(() => {});

for (const b of tabs) b.onclick = () => choose(b.dataset.chat);
speaker.onchange = () => speak(speaker.value);
for (const p of Object.keys(holder)) holder[p].onchange = () => hold(p, holder[p].value);
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
