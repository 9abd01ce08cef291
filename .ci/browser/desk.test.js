// The desk of the staff and a resident's own page, from the example: a draft is
// filed at the desk, the case shows what was said to whom, and a resident sees,
// and deletes, what is kept of them.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clock, demo, folder } from '../program.js';
import { open, Window, sizes } from './page.js';

for (const size of Object.keys(sizes)) {
  test(`the desk at ${size} size`, { timeout: 120000 }, async t => {
    const data = folder('desk');
    clock(data);
    const server = await demo(data);
    t.after(() => server.stop());
    const browser = await open();
    t.after(() => browser.close());
    const w = await Window.open(browser, server.url, size);
    await w.fits();

    await w.speakAs('wang');
    await w.say('group', '3号楼2单元电梯坏了没人修');
    await w.heard('resident', '记下了');
    await w.speakAs('lin');
    await w.say('group', '3号楼1单元楼道那块儿有点怪味，不知道是不是下水道');

    const [desk] = await Promise.all([
      w.context.waitForEvent('page'),
      w.press(w.page.getByRole('button', { name: '社区的工作台' })),
    ]);
    desk.setDefaultTimeout(15000);
    const wide = async () => assert.ok(await desk.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${desk.url()} is wider than the screen`);

    await t.test('a link alone lets nobody in; the button does', async () => {
      await desk.waitForURL(/\/desk\/enter/);
      await desk.reload(); // what a preview of the link would do
      await desk.getByRole('button', { name: /进入/ }).click();
      await desk.waitForURL(/\/desk\/$/);
      await desk.getByText('陈社区').first().waitFor();
      await wide();
      await w.shotOf(desk, 'desk-today');
    });

    await t.test('the case shows its words, its way and what was said to whom', async () => {
      await desk.getByRole('navigation').getByRole('link', { name: '诉求', exact: true }).click();
      await desk.getByRole('link', { name: /电梯停运或故障/ }).first().click();
      const text = await desk.locator('main').innerText();
      for (const want of ['3号楼2单元电梯坏了没人修', '王阿姨', '冯物业', '对谁说了什么', '3号楼群', '记下了']) assert.ok(text.includes(want), `${want} is not on the page:\n${text}`);
      await wide();
      await w.shotOf(desk, 'desk-case');
    });

    await t.test('groups, troubles, the directory and the register are there', async () => {
      for (const name of ['没办成的', '群', '名册', '删除登记', '待确认']) {
        await desk.getByRole('navigation').getByRole('link', { name, exact: true }).click();
        await desk.getByRole('heading', { level: 1, name }).waitFor();
        await wide();
      }
    });

    await t.test('a resident sees and deletes what is kept', async () => {
      await w.page.bringToFront(); // a page behind is slow
      await w.speakAs('wang');
      await w.say('resident', '我的数据');
      const mine = await w.heard('resident', '网页上看');
      const href = await mine.locator('a[href*="/my/"]').getAttribute('href');
      await desk.bringToFront();
      await desk.goto(href);
      const text = await desk.locator('main').innerText();
      for (const want of ['王阿姨', '3号楼2单元501室', '3号楼2单元电梯坏了没人修']) assert.ok(text.includes(want), `${want} is not on the page:\n${text}`);
      await wide();
      await w.shotOf(desk, 'my-data');
      await desk.getByText('删除我的资料').first().click();
      await desk.getByRole('link', { name: '去删除' }).click();
      await desk.getByRole('button', { name: '删除，不能恢复' }).click();
      await desk.getByRole('heading', { name: '已删除' }).waitFor();
      await w.shotOf(desk, 'my-data-gone');
      await desk.goto(href);
      assert.ok(!(await desk.locator('body').innerText()).includes('王阿姨'), 'the name is still there');
    });

    assert.deepEqual(w.wrong, [], 'nothing went wrong on the page');
  });
}
