// The chat of one member: groups, and the private chat with Linli.
import { t, label } from './words.js';
import { Feed, Outbox } from './feed.js';
import { Pane } from './pane.js';

const { member, as } = document.body.dataset;
const feed = new Feed(as);
const pane = new Pane(document.querySelector('[data-pane=room]'), feed, new Outbox(as ? '' : 'linli-out-' + member));
const tabs = document.querySelector('.tabs');
const unread = new Set();
let chat = '';

function draw() {
  const all = [...feed.chats.keys()].sort((a, b) => a[0] === b[0] ? (a < b ? -1 : 1) : a[0] === 'g' ? -1 : 1);
  if (!all.includes(chat)) chat = all[0] ?? '';
  tabs.replaceChildren(...all.map(address => {
    const b = document.createElement('button');
    b.role = 'tab';
    b.setAttribute('role', 'tab');
    b.dataset.chat = address;
    b.setAttribute('aria-selected', String(address === chat));
    b.textContent = address === 'm/' + member ? t('private') : feed.chats.get(address);
    const dot = document.createElement('i');
    dot.className = 'dot';
    dot.hidden = !unread.has(address);
    b.append(dot);
    b.onclick = () => { chat = address; unread.delete(address); draw(); };
    return b;
  }));
  pane.look(chat, member);
}

feed.addEventListener('frame', ({ detail: { frame, changed, first } }) => {
  if (!first) for (const { line, old } of changed) if (!old && line.chat !== chat) unread.add(line.chat);
  if (frame.chats || changed.length) draw();
});
feed.addEventListener('state', e => { document.querySelector('.offline').hidden = e.detail.up || feed.down < 2; });

const larger = document.getElementById('larger');
const size = on => { document.documentElement.classList.toggle('larger', on); larger.setAttribute('aria-pressed', String(on)); };
try { size(localStorage.getItem('linli-larger') === '1'); } catch { /* as it is */ }
larger.onclick = () => {
  const on = !document.documentElement.classList.contains('larger');
  size(on);
  try { localStorage.setItem('linli-larger', on ? '1' : '0'); } catch { /* for this visit only */ }
};
label(() => { draw(); pane.render(); });
