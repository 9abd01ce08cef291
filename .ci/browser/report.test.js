// The code of a building: the sheet that hangs in it, the page behind it on a small phone
// without a script, and from there the private chat in which what was written is filed.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, folder } from '../program.js';
import { town } from '../town.js';
import { open, Window } from './page.js';

test('a report at the code of a building', { timeout: 120000 }, async t => {
  const config = town(folder('report'));
  const community = join(dirname(config), 'community.yaml');
  writeFileSync(community, readFileSync(community, 'utf8').replace(/morning: "[^"]*"/, 'morning: "0:00"').replace(/evening: "[^"]*"/, 'evening: "24:00"'));
  writeFileSync(config, `listen: 127.0.0.1:0
public_url: https://linli.example.org
community: community.yaml
webchat: {enabled: true}
`);
  const linli = await run(['serve', '--config', config], /msg=listening address=(\S+)/);
  t.after(() => linli.stop());
  const links = execFileSync(process.env.LINLI, ['links', '--config', config], { encoding: 'utf8' }).trim().split('\n').map(line => line.split('\t'));
  const row = links.find(cells => cells[0] === '3号楼');
  assert.ok(row && row.length === 3, links.join('\n'));
  const here = link => link.replace('https://linli.example.org', `http://${linli.match[1]}`);

  const browser = await open();
  t.after(() => browser.close());

  // The sheet is one sheet.
  const desk = await browser.newContext({ viewport: { width: 900, height: 1200 }, locale: 'zh-CN', javaScriptEnabled: false });
  const paper = await desk.newPage();
  await paper.goto(here(row[2]));
  const text = await paper.locator('body').innerText();
  for (const want of ['3号楼', '扫一扫', '燃气抢修']) assert.ok(text.includes(want), text);
  const pdf = await paper.pdf({ preferCSSPageSize: true });
  assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length, 1, 'the sheet is not one sheet');

  // The narrowest telephone that is still in use, without a script.
  const phone = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
    javaScriptEnabled: false, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const page = await phone.newPage();
  page.setDefaultTimeout(15000);
  const refused = [];
  page.on('response', r => { if (r.status() >= 400) refused.push(`${r.status()} ${r.url()}`); });
  await page.goto(here(row[1]));
  const over = await page.locator('main *').evaluateAll(all => all.filter(e => e.getBoundingClientRect().right > 360.5).map(e => e.outerHTML.slice(0, 80)));
  assert.deepEqual(over, [], 'wider than the screen');
  const w = new Window();
  w.size = 'phone';
  await w.shotOf(page, 'report');
  await w.shotOf(paper, 'report-paper');
  await page.getByLabel('什么事').fill('2单元电梯停了');
  await page.getByLabel('怎么称呼您').fill('王阿姨');
  await page.getByRole('button', { name: '交给邻里' }).tap();
  await page.waitForURL('**/chat/');
  assert.deepEqual(refused, []);

  // The chat itself needs its script: the same visitor, with it.
  const chat = await Window.open(browser, here(row[1]), 'phone');
  await chat.context.addCookies(await phone.cookies());
  await chat.page.goto(here('https://linli.example.org/chat/'));
  await chat.heard('room', '您扫的是3号楼的码');
  await chat.choose(await chat.heard('room', '要登记吗'), '登记');
  await chat.heard('room', /记下了，0001号：3号楼2单元/);
  await chat.shot('report-chat');
  assert.deepEqual(chat.wrong, []);
});
