// The example community as a person meets it, in a browser, on a desk and on a
// phone: one lift from the first word to the thanks, and what goes with it.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clock, demo, folder, until } from '../program.js';
import { open, Window, sizes } from './page.js';

for (const size of Object.keys(sizes)) {
  test(`the example at ${size} size`, { timeout: 240000 }, async t => {
    const data = folder('demo');
    clock(data);
    let server = await demo(data);
    t.after(() => server.stop());
    const browser = await open();
    t.after(() => browser.close());
    const w = await Window.open(browser, server.url, size);
    const second = await Window.open(browser, server.url, size === 'desktop' ? 'phone' : 'desktop');
    let no;

    await t.test('the page opens and is connected', async () => {
      assert.match(await w.page.title(), /邻里/);
      if (size === 'phone') { // the narrowest that are still in use
        await w.page.setViewportSize({ width: 360, height: 740 });
        await w.fits();
        await w.page.setViewportSize(sizes.phone.viewport);
      }
      await until('clock', async () => /3月11日 周三 09:0\d/.test(await w.page.getByTestId('clock').innerText()));
      await w.shot('1-empty');
      await w.fits();
    });

    await t.test('a resident says it in the group and gets a receipt', async () => {
      await w.speakAs('wang');
      await w.say('group', '3号楼2单元电梯坏了没人修');
      const receipt = await w.heard('resident', '记下了');
      no = (await receipt.innerText()).match(/(\d{4})号/)?.[1];
      assert.ok(no, 'a number in the receipt');
      assert.match(await receipt.innerText(), /3号楼2单元电梯停运或故障。冯物业今天15点(30分)?前回您/);
      const said = await w.heard('group', `（${no}）`);
      assert.match(await said.innerText(), /3号楼电梯的事已登记/);
      assert.doesNotMatch(await said.innerText(), /王阿姨|2单元/, 'the group hears no name and no unit');
      await w.shot('2-filed');
    });

    await t.test('another window hears it at once, and 我也是 counts there and here', async () => {
      const said = await second.heard('group', `（${no}）`);
      await second.speakAs('lin');
      await second.choose(said, '我也是');
      await second.page.locator('[data-pane=group] .toast.on', { hasText: '已算上您，共2人' }).waitFor();
      await second.shot('3-also');
      await w.heard('group', '已有2人反映');
      assert.ok(second.frames > 0, 'lines came over the websocket');
      assert.equal(w.asked + second.asked, 0, 'nothing was asked the slow way');
    });

    await t.test('the property takes it, does it, says how', async () => {
      await w.hold('leader', 'feng');
      let card = await w.heard('leader', `${no} 电梯`);
      assert.match(await card.innerText(), /原话：3号楼2单元电梯坏了没人修/);
      assert.match(await card.innerText(), /2人反映/);
      await w.choose(card, '接单');
      card = await w.heard('leader', '冯物业已接');
      await w.shot('4-taken');
      await w.choose(card, '办好了');
      await w.heard('leader', `${no}号怎么办好的`);
      await w.say('leader', '换了门机继电器，试了十趟，好了', { key: true });
      await w.heard('leader', '办好了，等居民评价');
    });

    await t.test('everyone hears that it is done, the reporter rates', async () => {
      const done = await w.heard('resident', '换了门机继电器，试了十趟，好了。您觉得怎么样？');
      await w.choose(done, '满意');
      await w.heard('resident', '记下了，谢谢');
      await w.heard('group', `3号楼电梯的事（${no}）办好了`);
      await second.heard('resident', `${no}号（3号楼2单元电梯停运或故障）办好了`);
      await w.shot('5-done');
    });

    await t.test('who never agreed is asked first', async () => {
      await w.speakAs('zhao');
      await w.say('group', '3号楼2单元下水道堵了没人通');
      const offer = await w.heard('resident', '要登记吗？');
      await w.shot('6-offer');
      await w.choose(offer, '登记');
      await w.heard('resident', '好，这就登记');
      await w.heard('resident', /记下了，\d{4}号：3号楼2单元下水道/);
    });

    await t.test('what people write is text and nothing else', async () => {
      const hostile = '<img src=x onerror="document.title=1"><b>你好</b>{{.}}';
      await w.speakAs('lin');
      await w.say('group', hostile);
      await w.heard('group', hostile);
      assert.match(await w.page.title(), /邻里/);
      assert.equal(await (await w.look('group')).locator('.lines img, .lines b').count(), 0);
    });

    await t.test('idle talk leaves no answer', async () => {
      const before = (await w.texts('group')).length;
      await w.speakAs('lin');
      await w.say('group', '今晚吃火锅有人一起吗');
      await w.heard('group', '今晚吃火锅');
      // What follows in the same lane shows that nothing is still on its way.
      await w.say('group', '你好呀邻居们');
      await w.heard('group', '你好呀邻居们');
      assert.equal((await w.texts('group')).length, before + 2);
    });

    await t.test('a danger reaches the person on duty and the resident is told who', async () => {
      await w.press(w.page.locator('.chips button', { hasText: '闻到煤气味' }));
      await w.press((await w.look('group')).getByTestId('group-send'));
      await w.heard('resident', '别开灯、别碰开关');
      await w.hold('committee', 'sun');
      const card = await w.heard('committee', '燃气');
      await w.shot('7-danger');
      await w.choose(card, '我来处理');
      await w.heard('resident', '孙值班已经接到');
      await w.fits();
    });

    await t.test('the example\'s clock can be moved on', async () => {
      const clock = () => w.page.getByTestId('clock').innerText();
      const minutes = text => { const [, h, m] = text.match(/(\d+):(\d+)/); return h * 60 + +m; };
      const from = minutes(await clock());
      await w.press(w.page.locator('[data-skip="60"]'));
      await until('an hour', async () => [0, 1].includes((minutes(await clock()) - from - 60 + 1440) % 1440));
      await w.press(w.page.locator('[data-skip=morning]'));
      await until('the next morning', async () => /08:3\d/.test(await clock()));
    });

    await t.test('a restart keeps what was said, and the windows come back by themselves', async () => {
      const panes = { group: await w.texts('group'), resident: await w.texts('resident'), leader: await w.texts('leader') };
      assert.ok(panes.group.length > 5 && panes.leader.length > 2);
      w.down = second.down = true;
      assert.equal(await server.stop(), 0, server.stderr);
      await w.page.locator('.offline').waitFor({ state: 'visible' });
      await w.shot('8-offline');
      server = await demo(data, new URL(server.url).host);
      await w.page.locator('.offline').waitFor({ state: 'hidden', timeout: 30000 });
      await w.speakAs('lin');
      await w.say('group', '服务又好了');
      await w.heard('group', '服务又好了');
      w.down = second.down = false;
      panes.group.push('服务又好了');
      await w.page.reload();
      await w.speakAs('lin');
      await w.hold('leader', 'feng');
      await w.heard('group', '服务又好了');
      for (const name of ['group', 'resident', 'leader']) assert.deepEqual(await w.texts(name), panes[name], name);
    });

    await t.test('an example plays by itself and can be stopped', async () => {
      const play = async name => {
        await w.press(w.page.getByTestId('plays').locator('summary'));
        await w.press(w.page.locator(`[data-play=${name}]`));
      };
      const had = (await w.texts('group')).length;
      await play('not-danger');
      await w.page.locator('#stop').waitFor({ state: 'visible' });
      await until('a line of the example', async () => (await w.texts('group')).length > had);
      await w.shot('9-playing');
      await w.press(w.page.locator('#stop'));
      await w.page.locator('#stop').waitFor({ state: 'hidden' });
      await w.page.getByTestId('plays').waitFor({ state: 'visible' });
    });

    await t.test('the chrome speaks English too', async () => {
      await w.press(w.page.locator('#lang'));
      await w.page.getByText('Speak as').waitFor();
      await w.fits();
      await w.shot('10-english');
      await w.press(w.page.locator('#lang'));
    });

    assert.deepEqual(w.wrong, [], 'no error in the first window');
    assert.deepEqual(second.wrong, [], 'no error in the second window');
    await w.close();
    await second.close();
    assert.equal(await server.stop(), 0, server.stderr);
    assert.doesNotMatch(server.stderr, /level=ERROR|panic/);
  });
}
