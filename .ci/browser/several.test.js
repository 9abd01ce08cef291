// Two communities behind one address: the chat of each works under its own path.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, folder } from '../program.js';
import { town } from '../town.js';
import { open, Window } from './page.js';

test('two communities of one linli serve', { timeout: 120000 }, async t => {
  const config = town(folder('several'));
  const dir = dirname(config);
  const text = readFileSync(join(dir, 'community.yaml'), 'utf8');
  for (const id of ['dongqu', 'xiqu']) writeFileSync(join(dir, `${id}.yaml`), text.replace(/^id: .*$/m, `id: ${id}`));
  writeFileSync(config, `listen: 127.0.0.1:0
communities:
  - {community: dongqu.yaml, webchat: {enabled: true}}
  - {community: xiqu.yaml, path: west, webchat: {enabled: true}}
`);
  const linli = await run(['serve', '--config', config], /msg=listening address=(\S+)/);
  t.after(() => linli.stop());
  const browser = await open();
  t.after(() => browser.close());
  const codes = [...linli.stdout.matchAll(/\/start (\S+)/g)].map(m => m[1]);
  assert.equal(codes.length, 2);

  const windows = [];
  for (const [i, path] of ['/c/dongqu/', '/c/west/'].entries()) {
    const w = await Window.open(browser, `http://${linli.match[1]}/`, 'phone');
    windows.push(w);
    await w.press(w.page.locator(`a[href="${path}"]`));
    await w.page.getByTestId('code').fill(codes[i]);
    await w.page.getByTestId('name').fill('陈社区');
    await w.press(w.page.getByTestId('enter'));
    await w.page.getByTestId('room-input').waitFor();
    assert.equal(new URL(w.page.url()).pathname, path + 'chat/');
    await w.turn('Linli 私信');
    await w.say('room', '/code 李网格', { key: true });
    await w.heard('room', /绑定码/);
    assert.ok(w.frames > 0, 'no websocket under the path');
  }
  // In one browser, the session of one is none of the other.
  await windows[0].page.goto(`http://${linli.match[1]}/c/west/chat/`);
  await windows[0].page.getByTestId('code').waitFor();
  for (const w of windows) assert.deepEqual(w.wrong, []);
});
