// A poll in the example, from the captain's one line to a result that is counted again:
// three press in the group, one is asked for the door first, one has no script and
// votes on the page with the code that the desk printed for the home.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clock, demo, folder, until } from '../program.js';
import { open, Window, sizes } from './page.js';

for (const size of Object.keys(sizes)) {
  test(`a poll at ${size} size`, { timeout: 180000 }, async t => {
    const data = folder('poll');
    clock(data); // nine on a Wednesday
    const server = await demo(data);
    t.after(() => server.stop());
    const browser = await open();
    t.after(() => browser.close());
    const w = await Window.open(browser, server.url, size);
    const receipts = []; // as the voters were told them
    let everybody, captains, desk, poll, door;

    // Every page must fit the narrowest telephones that are still in use.
    const paper = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
      javaScriptEnabled: false, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    const page = await paper.newPage();
    page.setDefaultTimeout(15000);
    const refused = [];
    page.on('response', r => { if (r.status() >= 400) refused.push(`${r.status()} ${r.url()}`); });
    const fits = async (p = page) => {
      const box = await p.locator('html').boundingBox();
      const over = await p.locator('main *').evaluateAll((all, width) => all.filter(e => e.getBoundingClientRect().right > width + .5).map(e => e.outerHTML.slice(0, 80)), box.width);
      assert.deepEqual(over, [], `${p.url()} is wider than the screen`);
    };
    const words = async (p, ...wants) => {
      const text = await p.locator('body').innerText();
      for (const want of wants) assert.ok(text.includes(want), `${want} is not on ${p.url()}:\n${text}`);
      return text;
    };
    const link = async line => line.getByRole('link', { name: '在网页上看' }).getAttribute('href');
    const noted = async pane => {
      const receipt = await until('a receipt', async () => {
        const said = [await w.page.locator(`[data-pane=${pane}] .toast`).innerText(), ...(pane === 'resident' ? await w.texts(pane) : [])].join('\n');
        return [...said.matchAll(/记下了，回执(\w{4}-\w{4})/g)].map(m => m[1]).find(r => !receipts.includes(r));
      });
      receipts.push(receipt);
    };

    await t.test('the captain writes a line, looks at it, and sends it with one tap', async () => {
      await w.hold('leader', 'liu');
      await w.say('leader', '/poll');
      await w.heard('leader', '您点了才发出去');
      await w.say('leader', '要不要在楼前放一张长椅？要/不要/再商量，今天12:00截止');
      let preview = await w.heard('leader', '发给3号楼96户');
      const text = await preview.innerText();
      assert.match(text, /摸底，不算业主表决/);
      assert.match(text, /每户一票，不公开谁投什么，今天12点截止/);
      await w.fits();
      await w.choose(preview, '写上之后怎么办');
      await w.heard('leader', '答完以后怎么办');
      await w.say('leader', '要的户多，就请物业来量地方');
      preview = await w.heard('leader', '之后：要的户多');
      await w.shot('poll-1-preview');
      await w.choose(preview, '发');
      captains = await link(await w.heard('leader', '发给3号楼了'));
    });

    await t.test('residents press in the group, and who lives where is asked in private', async () => {
      for (const [who, what] of [['wang', '要'], ['lin', '要'], ['guoting', '不要']]) {
        await w.speakAs(who);
        await w.choose(await w.heard('group', '0001 问3号楼'), what);
        await noted('group');
      }
      await w.fits();
      await w.shot('poll-2-group');
      everybody = await link(await w.heard('group', '0001 问3号楼'));
      await w.speakAs('zhang');
      await w.choose(await w.heard('group', '0001 问3号楼'), '再商量');
      await w.heard('resident', '您这一票先记着');
      await w.say('resident', '2单元602');
      await noted('resident');
    });

    const toDesk = async () => {
      await w.page.bringToFront();
      const [desk] = await Promise.all([w.context.waitForEvent('page'), w.press(w.page.getByRole('button', { name: '社区的工作台' }))]);
      desk.setDefaultTimeout(15000);
      await desk.getByRole('button', { name: /进入/ }).click();
      await desk.waitForURL(/\/desk\/$/);
      return desk;
    };

    await t.test('the desk prints a code for every home', async () => {
      desk = await toDesk();
      await desk.getByRole('navigation').getByRole('link', { name: '征询', exact: true }).click();
      await desk.getByRole('link', { name: /放一张长椅/ }).click();
      await desk.getByRole('heading', { level: 1, name: /放一张长椅/ }).waitFor();
      await fits(desk);
      await words(desk, '4/96户', '不公开谁投什么', '对谁说了什么');
      poll = desk.url();
      await desk.getByRole('link', { name: '打印纸质票' }).click();
      await desk.getByRole('button', { name: /生成码/ }).click();
      const form = desk.locator('.form').filter({ hasText: '3号楼1单元503室' });
      door = await form.locator('.key').innerText();
      assert.equal(await desk.locator('.key').count(), 96);
      await w.shotOf(desk, 'poll-3-codes');
      await w.page.bringToFront();
    });

    await t.test('the page takes a vote without a script, with the code of the home', async () => {
      await page.goto(everybody);
      await words(page, '摸底，不算业主表决', '4户已答，共96户', '截止前不公布结果');
      await fits();
      await w.shotOf(page, 'poll-4-page');
      const vote = async (letter, code) => {
        await page.getByText(letter).click();
        await page.getByLabel('表上的码').fill(code);
        await page.getByRole('button', { name: '投这一票' }).click();
      };
      await vote('B 不要', 'AAAAA-AAAAA-AAAAA-AAAAA');
      await page.getByRole('alert').filter({ hasText: '这个码不对' }).waitFor();
      assert.equal(refused.splice(0).length, 1); // the refusal itself
      await vote('A 要', door.toLowerCase());
      await page.getByRole('status').filter({ hasText: '这一票在里面' }).waitFor();
      receipts.push(await page.locator('.mine .code').innerText());
      await words(page, '5户已答');
      await fits();
      await page.goto(captains);
      await page.getByRole('link', { name: '打印纸质表' }).click();
      await words(page, '征询表', '编号 0001', '只在一个格子里打勾');
      assert.equal(await page.locator('.square').count() > 0, true);
      const pdf = await page.pdf({ preferCSSPageSize: true });
      assert.ok(pdf.length > 10000 && pdf.subarray(0, 5).toString() === '%PDF-');
      assert.deepEqual(refused, []);
    });

    await t.test('nobody is told a number before the end', async () => {
      for (const address of [everybody, captains, everybody + '/receipts']) {
        await page.goto(address);
        const text = await words(page, '长椅');
        for (const r of receipts) assert.ok(!text.includes(r), `${address} shows a receipt`);
        assert.equal(await page.locator('svg.chart, .chart, table').count(), 0, `${address} shows numbers`);
      }
    });

    await t.test('it ends by itself, with words and a picture in the group', async () => {
      for (let i = 0; i < 3; i++) {
        const before = await w.page.getByTestId('clock').innerText();
        await w.press(w.page.locator('[data-skip="60"]'));
        await until('an hour', async () => await w.page.getByTestId('clock').innerText() !== before);
      }
      await w.speakAs('wang');
      const told = await w.heard('group', '这是摸底，不是决定');
      assert.match(await told.innerText(), /96户答了5户：A 要 3，B 不要 1，C 再商量 1。/);
      assert.match(await told.innerText(), /要的户多，就请物业来量地方/);
      const picture = told.locator('img');
      const seen = await until('the picture', async () => picture.evaluate(i => i.complete && i.naturalWidth > 0 && { file: i.naturalWidth, shown: i.clientWidth }));
      assert.ok(seen.file >= 1000 && seen.shown > 220, JSON.stringify(seen));
      await w.heard('group', '截止了，结果见下面');
      await told.scrollIntoViewIfNeeded();
      await w.shot('poll-5-result');
      await w.choose(told, '核对我这一票');
      await w.page.locator('[data-pane=group] .toast.on', { hasText: `您的票在里面，回执${receipts[0]}` }).waitFor();
      await w.choose(told, '对结果有疑问');
      await w.heard('resident', '重新数过：5票，和公布的一样');
    });

    await t.test('everybody can count the receipts', async () => {
      await page.goto(everybody);
      await words(page, '96户答了5户：要3，不要1，再商量1', '重新计票1次，结果一样');
      assert.equal(await page.locator('.chart svg').count(), 1);
      await fits();
      await w.shotOf(page, 'poll-6-page');
      await page.goto(everybody + '/receipts');
      const all = await page.locator('.receipts li').allInnerTexts();
      assert.deepEqual(all.toSorted(), receipts.toSorted());
      await fits();
    });

    await t.test('the desk shows it, and the archive is one that can be verified', async () => {
      desk = await toDesk(); // nobody was there for hours
      await desk.goto(poll);
      const text = await words(desk, '5/96户', '数过1遍，结果一样', '计票指纹', '手机 5');
      for (const r of receipts) assert.ok(!text.includes(r), 'the desk shows a receipt');
      assert.equal(await desk.locator('.chart svg').count(), 1);
      await fits(desk);
      await w.shotOf(desk, 'poll-7-desk');
      const [file] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('link', { name: /存档/ }).click()]);
      assert.match(file.suggestedFilename(), /^poll-0001.*\.zip$/);
      const zip = join(data, file.suggestedFilename());
      await file.saveAs(zip);
      const verify = () => spawnSync(process.env.LINLI, ['verify', zip], { encoding: 'utf8' });
      const sound = verify();
      assert.equal(sound.status, 0, sound.stdout + sound.stderr);
      assert.match(sound.stdout, /前后对得上/);
      const bytes = readFileSync(zip);
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(zip, bytes);
      assert.notEqual(verify().status, 0, 'a byte was changed, and the archive is still said to be sound');
    });

    assert.deepEqual(refused, []);
    assert.deepEqual(w.wrong, [], 'nothing went wrong in the chat');
    await w.close();
    assert.equal(await server.stop(), 0, server.stderr);
    assert.doesNotMatch(server.stderr, /level=ERROR|level=WARN|panic|长椅/);
  });
}
