// A wish that comes true in the example: somebody says what they would like, the office makes
// an activity of it, whose wish it was is asked first and comes; the open list is everybody's, on
// a page without a script.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { clock, demo, folder } from '../program.js';
import { open, Window, sizes } from './page.js';

for (const size of Object.keys(sizes)) {
  test(`an activity at ${size} size`, { timeout: 180000 }, async t => {
    const data = folder('activity');
    clock(data, Date.UTC(2026, 2, 10, 2)); // ten on a Tuesday
    const server = await demo(data);
    t.after(() => server.stop());
    const browser = await open();
    t.after(() => browser.close());
    const w = await Window.open(browser, server.url, size);
    const office = async (text, label) => {
      const line = await w.heard('committee', text);
      if (label) await w.choose(line, label);
      return line;
    };

    await t.test('somebody says what they would like', async () => {
      await w.speakAs('lin');
      await w.say('resident', '想学吉他');
      await w.heard('resident', '记下了：学吉他');
    });

    await t.test('the office makes an activity of it, and reads what people will', async () => {
      await w.hold('committee', 'chen');
      await w.say('committee', '大家想要什么');
      await office('学吉他', '学吉他 1人');
      await office('学吉他', '开一个');
      await office('还不能发', '改');
      await w.say('committee', '3月19日19:30，小议事室，12人，最少1人，免费');
      const preview = await office('大家会读到');
      assert.match(await preview.innerText(), /不拉群、不拍合影/);
      await w.choose(preview, '发');
    });

    await t.test('whose wish it was is asked, can read why, and comes', async () => {
      await w.speakAs('lin');
      const asked = await w.heard('resident', '还剩12个位子');
      await w.choose(asked, '为什么给我发');
      await w.heard('resident', '您说过想要这个');
      await w.choose(asked, '来');
      await w.heard('resident', '位子给下一位');
    });

    await t.test('the group reads how many places there are, and nobody\'s name', async () => {
      const card = await w.heard('group', '谁都可以来');
      assert.doesNotMatch(await card.innerText(), /小林/);
    });

    await t.test('the list is everybody\'s, without a script', async () => {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
        javaScriptEnabled: false, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
      const page = await context.newPage();
      const answer = await page.goto(new URL('/activities', server.url).href);
      assert.equal(answer.status(), 200);
      const text = await page.locator('body').innerText();
      assert.match(text, /学吉他/);
      assert.doesNotMatch(text, /小林/);
      const width = await page.evaluate(() => document.documentElement.clientWidth);
      const over = await page.locator('main *').evaluateAll((all, width) => all.filter(e => e.getBoundingClientRect().right > width + .5).map(e => e.outerHTML.slice(0, 80)), width);
      assert.deepEqual(over, [], 'the list is wider than the screen');
      if (process.env.LINLI_SHOTS) await page.screenshot({ path: join(process.env.LINLI_SHOTS, `activities-${size}.png`), fullPage: true });
    });

    assert.deepEqual(w.wrong, []);
  });
}
