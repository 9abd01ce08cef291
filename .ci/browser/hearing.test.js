// A hearing in the example, in due form, from a resident's one line to what people say of
// what was done: the office does its part at the desk, residents theirs in the chat and, without
// a script, on the page; the supervision committee stops it once.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { clock, demo, folder, until } from '../program.js';
import { open, Window, sizes } from './page.js';

const topic = '3号楼前装不装充电桩';

for (const size of Object.keys(sizes)) {
  test(`a hearing at ${size} size`, { timeout: 300000 }, async t => {
    const data = folder('hearing');
    clock(data, Date.UTC(2026, 2, 10, 2)); // ten on a Tuesday: reviewers get their list on Wednesday at nine
    const server = await demo(data);
    t.after(() => server.stop());
    const browser = await open();
    t.after(() => browser.close());
    const w = await Window.open(browser, server.url, size);
    let desk, hearing, everybody, code;

    // Every page must fit the narrowest telephones that are still in use.
    const phone = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
      javaScriptEnabled: false, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    const page = await phone.newPage();
    page.setDefaultTimeout(15000);
    const refused = [];
    page.on('response', r => { if (r.status() >= 400) refused.push(`${r.status()} ${r.url()}`); });
    const fits = async (p = page) => {
      const width = await p.evaluate(() => document.documentElement.clientWidth);
      const over = await p.locator('main *').evaluateAll((all, width) => all.filter(e => e.getBoundingClientRect().right > width + .5).map(e => e.outerHTML.slice(0, 80)), width);
      assert.deepEqual(over, [], `${p.url()} is wider than the screen`);
    };
    const words = async (p, ...wants) => {
      const text = await p.locator('body').innerText();
      for (const want of wants) assert.ok(text.includes(want), `${want} is not on ${p.url()}:\n${text}`);
      return text;
    };
    const link = line => line.getByRole('link', { name: '在网页上看' }).getAttribute('href');
    // on moves the clock by so many minutes, a day at a time, as what happens on the way would.
    const on = async minutes => {
      await w.page.bringToFront();
      const clock = w.page.getByTestId('clock');
      for (let step; minutes > 0; minutes -= step) {
        step = Math.min(minutes, 24 * 60);
        const before = await clock.innerText();
        await w.page.evaluate(minutes => fetch('/demo/skip', { method: 'POST', body: new URLSearchParams({ minutes }) }), step);
        await until('the clock', async () => await clock.innerText() !== before);
      }
    };
    // to moves the clock to a time of the day, after so many days.
    const to = async (days, hour, minute = 0) => {
      const [, h, m] = (await w.page.getByTestId('clock').innerText()).match(/(\d+):(\d+)/).map(Number);
      await on(days * 24 * 60 + (hour - h) * 60 + minute - m);
    };
    // A phone turns to whoever has news, but not while somebody writes on it: turn keeps it
    // with one person until free.
    const turn = (pane, who) => until(`the phone of ${who}`, async () => {
      await w.look(pane);
      const input = w.page.getByTestId(pane + '-input');
      await input.fill('…');
      await w.hold(pane, who);
      await input.fill('…');
      return await w.page.getByTestId('person-' + pane).inputValue() === who;
    });
    const free = pane => w.page.getByTestId(pane + '-input').fill('');
    // told waits for a message on somebody's phone, and presses a button of it if one is named.
    const told = async (pane, who, text, label) => {
      await turn(pane, who);
      const line = await w.heard(pane, text);
      if (label) await w.choose(line, label);
      await free(pane);
      return line;
    };
    // tells says something to Linli on somebody's phone.
    const tells = async (pane, who, text) => {
      await turn(pane, who);
      await w.page.getByTestId(pane + '-input').fill(text);
      await w.press(w.page.getByTestId(pane + '-send'));
    };
    // later waits until the desk shows what has happened elsewhere.
    const later = async text => { await until(text, async () => { await desk.reload(); return (await desk.locator('main').innerText()).includes(text); }); };

    // At the desk of somebody: press a button, choose from a list, write into a form that is folded.
    const did = async (p = desk) => {
      await p.getByRole('status').waitFor();
      return p.getByRole('status').innerText();
    };
    const press = async (name, p = desk) => {
      await p.locator('section.do').getByRole('button', { name, exact: true }).click();
      return did(p);
    };
    const choose = async (name, value) => {
      const form = desk.locator('section.do form.turn').filter({ has: desk.getByRole('button', { name, exact: true }) });
      await form.locator('select').selectOption(value);
      await form.getByRole('button', { name, exact: true }).click();
      return did();
    };
    const write = async (name, text, p = desk) => {
      const box = p.locator('section.do details').filter({ has: p.locator('summary', { hasText: new RegExp(`^${name}$`) }) });
      if (await box.getAttribute('open') === null) await box.locator('summary').click();
      await box.locator('[name=text]').fill(text);
      await box.getByRole('button', { name, exact: true }).click();
      return did(p);
    };
    // enter opens the hearing at the desk of somebody in the office, with what they are sent in private.
    const enter = async who => {
      await w.page.bringToFront();
      await turn('committee', who);
      const ways = w.page.locator('[data-pane=committee] a[href*="/desk/enter"]');
      const had = await ways.count();
      await tells('committee', who, '/desk');
      await turn('committee', who);
      await until('the way to the desk', async () => await ways.count() > had);
      const href = await ways.last().getAttribute('href');
      await free('committee');
      const context = await browser.newContext({ ...sizes[size], locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
      const p = await context.newPage();
      p.setDefaultTimeout(15000);
      p.on('response', r => { if (r.status() >= 400) refused.push(`${r.status()} ${r.url()}`); });
      p.on('console', m => { if (m.type() === 'error') refused.push(m.text()); });
      await p.goto(href);
      await p.getByRole('button', { name: /进入/ }).click();
      await p.waitForURL(/\/desk\/$/);
      await p.getByRole('navigation').getByRole('link', { name: '议事', exact: true }).click();
      await p.getByRole('heading', { level: 1, name: '议事' }).waitFor();
      await fits(p);
      await p.getByRole('link', { name: topic }).click();
      await p.getByRole('heading', { level: 1, name: topic }).waitFor();
      await fits(p);
      return p;
    };

    await t.test('a resident proposes it, and hears by when there is an answer', async () => {
      await w.speakAs('wang');
      await w.say('resident', '议题：' + topic);
      const offer = await w.heard('resident', '往外不说是谁提的');
      await w.choose(offer, '交给党组织审核');
      await w.heard('resident', /记下了，0001号议题：.*周五18点前给您答复/);
      await w.shot('hearing-1-topic');
    });

    await t.test('the reviewers get their list on Wednesday, and one accepts', async () => {
      await to(1, 8, 29); // the list is made just before the reminders leave at half past eight
      desk = await enter('chen');
      hearing = desk.url();
      await later('审核中');
      await w.page.bringToFront();
      await on(2);
      await told('committee', 'han', '0001 待审议题', '(0001 )?同意议');
      await w.heard('resident', '党组织同意议');
    });

    await t.test('the organiser writes times and the agenda at the desk, and asks', async () => {
      await desk.bringToFront();
      await later('筹备中');
      assert.match(await write('写候选时间', '下周六下午三点或周日晚上七点'), /^好/);
      assert.match(await write('写议程', '装不装\n装在哪\n谁来管'), /^好/);
      await words(desk, '3月21日', '3月22日', '装不装', '装在哪', '谁来管', '一位居民');
      assert.ok(!(await desk.locator('main').innerText()).includes('王阿姨'), 'the desk names who proposed it');
      await fits(desk);
      await w.shotOf(desk, 'hearing-2-planning');
      assert.match(await press('问大家哪个时间合适'), /^好/);
      await words(desk, '在约时间');
    });

    await t.test('people say when they can, on the page and in the chat', async () => {
      await w.page.bringToFront();
      await page.goto(await link(await w.heard('resident', '哪个时间您能来')));
      await words(page, topic, '哪些时间您能来', '3月21日（周六） 15:00', '二楼邻里室');
      await page.getByText('3月21日').click();
      await page.getByRole('button', { name: '就这些' }).click();
      await page.getByRole('status').filter({ hasText: '记下了' }).waitFor();
      assert.deepEqual(await page.locator('input[name=slot]').evaluateAll(all => all.map(e => e.checked)), [true, false]);
      await fits();
      await w.shotOf(page, 'hearing-3-times');
      for (const who of ['zheng', 'jiang']) {
        await told('committee', who, '哪个时间您能来', '1 3月21日.*');
        await w.page.locator('[data-pane=committee] .toast.on', { hasText: '3月21日' }).waitFor();
      }
      await w.speakAs('lin');
      const asked = await w.heard('group', '哪个时间您能来');
      await w.choose(asked, '2 3月22日.*');
      await w.page.locator('[data-pane=group] .toast.on', { hasText: '3月22日' }).waitFor();
      everybody = await link(asked);
      await page.goto(everybody);
      await words(page, '正在问大家哪个时间合适', '由居民提出');
      assert.equal(await page.locator('form').count(), 0, 'everybody\'s page has nothing to press');
      await fits();
    });

    await t.test('the best time is taken, and the room is its owner\'s to give', async () => {
      await to(2, 10); // Friday
      desk = await enter('chen');
      await words(desk, '建议', '必到的能来3位', '约时间截止');
      await w.shotOf(desk, 'hearing-4-best');
      assert.match(await choose('就定这个时间', '0'), /^好/);
      await words(desk, '定了，还没公告', '对方还没有答应');
      await press('发公告');
      await words(desk, '定了，还没公告', '对方还没有答应'); // it was not announced
      await w.page.bringToFront();
      await told('leader', 'he', '想用二楼邻里室', '可以');
      await told('leader', 'he', '何服务答应的');
      await desk.bringToFront();
      await later('公告有7个');
      assert.match(await press('发公告'), /^好/);
      await words(desk, '已公告', '签到码');
      code = (await desk.locator('dd.code').innerText()).match(/\d{4}/)[0];
      await fits(desk);
      await w.shotOf(desk, 'hearing-5-announced');
    });

    await t.test('the notice is in the group, on the page, in the calendar and on paper', async () => {
      await w.page.bringToFront();
      const said = await w.heard('group', '0001 居民议事会');
      assert.match(await said.innerText(), /3月21日（周六）15:00，二楼邻里室.*请3号楼的住户，租户也算/s);
      await w.fits();
      await w.shot('hearing-6-notice');
      await page.goto(everybody);
      for (const label of ['事', '时', '地', '人', '内容', '形式']) await page.locator('dl.six dt', { hasText: new RegExp(`^${label}$`) }).waitFor();
      await words(page, '3月21日（周六） 15:00-17:00', '8号楼1单元201室', '装不装', '由居民提出', '会前公示满3整天');
      await fits();
      const event = await (await page.request.get(new URL('/hearings.ics', server.url).href)).text();
      assert.match(event.replace(/\r\n[ \t]/g, ''), /BEGIN:VEVENT\r\n[^]*DTSTART:20260321T070000Z\r\nDTEND:20260321T090000Z\r\n[^]*SUMMARY:居民议事会：3号楼前装不装充电桩\r\n/);
      for (const [name, ...wants] of [['公告（打印）', '居民议事会公告', '3月21日（周六） 15:00-17:00'], ['门口的签到码（打印）', code], ['签到表（打印）', '签名']]) {
        await page.goto(new URL(await desk.getByRole('link', { name, exact: true }).getAttribute('href'), server.url).href);
        const text = await words(page, topic, ...wants);
        assert.ok(!text.includes('王阿姨'), `${name} names a resident`);
        const pdf = await page.pdf({ preferCSSPageSize: true });
        assert.ok(pdf.length > 10000 && pdf.subarray(0, 5).toString() === '%PDF-');
        if (!name.startsWith('签到表')) assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length, 1, `${name} is not on one sheet`);
      }
      await page.goto(everybody);
      assert.doesNotMatch(await page.locator('main').innerText(), new RegExp(`(^|\\D)${code}(\\D|$)`), 'the code is on everybody\'s page');
    });

    await t.test('people answer, and speak beforehand without their name', async () => {
      await w.page.bringToFront();
      await w.speakAs('wang');
      await page.goto(await link(await w.heard('resident', '来不了可以先留言')));
      await page.getByRole('button', { name: '来', exact: true }).click();
      await page.getByRole('status').filter({ hasText: '等您' }).waitFor();
      await page.getByRole('textbox', { name: '先说两句' }).fill('夜里充电怕吵，能不能离窗户远一点');
      await page.getByRole('button', { name: '交上去' }).click();
      await page.getByRole('status').filter({ hasText: '记下了' }).waitFor();
      await words(page, '您说了来', '夜里充电怕吵');
      await fits();
      await w.shotOf(page, 'hearing-7-answered');
      for (const [who, what, toast] of [['lin', '来', '等您'], ['guoshu', '不来', '您不来']]) {
        await w.speakAs(who);
        await w.choose(await w.heard('group', '0001 居民议事会'), what);
        await w.page.locator('[data-pane=group] .toast.on', { hasText: toast }).waitFor();
      }
    });

    await t.test('the supervision committee stops it, sees the answer, and lets it go on', async () => {
      const watch = await enter('xu');
      await write('提出异议', '公告没有贴到单元门口', watch);
      await w.page.bringToFront();
      await w.heard('group', '监督委员会有异议，“公告没有贴到单元门口”');
      await page.goto(everybody);
      await words(page, '提出异议', '公告没有贴到单元门口');
      await desk.bringToFront();
      await later('有异议，已停');
      assert.equal(await desk.locator('section.do').getByRole('button', { name: '改期', exact: true }).count(), 0, 'it can be moved while it is stopped');
      await w.shotOf(desk, 'hearing-8-stopped');
      await write('答复异议', '已经补贴，拍了照片');
      await watch.bringToFront();
      await watch.goto(hearing);
      await words(watch, '已经补贴，拍了照片');
      await press('撤销异议', watch);
      await w.page.bringToFront();
      await w.heard('group', '监督委员会的异议说清楚了，照常：3月21日（周六）15:00');
      await watch.context().close();
    });

    await t.test('people check in with the code at the door, by the page and in the chat', async () => {
      await to(8, 14, 30);
      await w.speakAs('wang');
      await page.goto(await link(await w.heard('resident', '等您来')));
      await page.getByLabel('门口纸上的四位数字').fill(code === '0000' ? '1111' : '0000');
      await page.getByRole('button', { name: '我到了' }).click();
      await page.getByText('码不对').waitFor();
      await page.getByLabel('门口纸上的四位数字').fill(code);
      await page.getByRole('button', { name: '我到了' }).click();
      await page.getByRole('status').filter({ hasText: '签到了' }).waitFor();
      await fits();
      await w.speakAs('lin');
      await w.choose(await w.heard('resident', '等您来'), '签到');
      await w.heard('resident', '门口贴的四位码是多少');
      await w.say('resident', code);
      await w.heard('resident', '签到了');
    });

    await t.test('the meeting is led at the desk, point by point', async () => {
      desk = await enter('chen');
      await press('开会');
      await words(desk, '正在开会', '到了2人');
      assert.match(await write('记一句', '一位老人：停在楼门口，轮椅过不去'), /^好/);
      assert.doesNotMatch(await write('记举手', '差不多都同意'), /^好/);
      assert.match(await write('记举手', '赞成9 反对1'), /^好/);
      await choose('议这一点', '2');
      await page.goto(page.url().replace(/\/here$/, ''));
      await words(page, '正在开会，在谈第2项：装在哪', '举手：赞成9，反对1，弃权0');
      await page.getByRole('textbox', { name: /装在哪/ }).fill('请把充电价格写在墙上');
      await page.getByRole('button', { name: '交上去' }).click();
      await page.getByRole('status').filter({ hasText: '记下了' }).waitFor();
      await fits();
      await w.shotOf(page, 'hearing-9-meeting');
      assert.doesNotMatch(await write('记下定了什么', '车棚边装四个充电桩，没有这个人，4月10日前'), /^好/);
      assert.match(await write('记下定了什么', '车棚边装四个充电桩，离窗户6米，冯物业，4月10日前'), /^好/);
      assert.match(await write('替没带手机的人签到', '赵大娘、孙大爷'), /^好/);
      await words(desk, '到了4人', '其中2人由工作人员登记', '请把充电价格写在墙上', '定下来的事', '4月10日');
      await fits(desk);
      await w.shotOf(desk, 'hearing-10-meeting');
      await desk.locator('section.do summary', { hasText: /^散会$/ }).click();
      await press('散会');
      await words(desk, '在出记录');
    });

    await t.test('the minutes are not out before the chair has confirmed them', async () => {
      await page.goto(everybody);
      const before = await words(page, '正在整理记录');
      assert.ok(!before.includes('轮椅过不去'), 'the draft is on everybody\'s page');
      await to(2, 9);
      const chair = await enter('zheng');
      await words(chair, '到会4人', '举手：赞成9，反对1，弃权0', '依据');
      await w.shotOf(chair, 'hearing-11-draft');
      await press('确认记录', chair);
      await chair.context().close();
      await w.page.bringToFront();
      assert.match(await (await w.heard('group', '会议记录公布了')).innerText(), /车棚边装四个充电桩，离窗户6米（冯物业，4月10日前）/);
      await page.goto(everybody);
      const text = await words(page, '郑主任', '到会4人', '夜里充电怕吵', '轮椅过不去', '请把充电价格写在墙上', '车棚边装四个充电桩，离窗户6米', '出处', '交下去了，等接');
      for (const name of ['王阿姨', '小林', '赵大娘', '孙大爷']) assert.ok(!text.includes(name), `the minutes name ${name}`);
      await fits();
      await w.shotOf(page, 'hearing-12-minutes');
    });

    await t.test('who disagrees gets an answer', async () => {
      await w.page.bringToFront();
      await w.speakAs('lin');
      await w.choose(await w.heard('resident', '会议记录公布了'), '不同意');
      await w.heard('resident', '哪里不同意');
      await w.say('resident', '6米还是太近');
      await w.heard('resident', '别人看不到是谁说的');
      desk = await enter('chen');
      await words(desk, '6米还是太近');
      assert.match(await write('答复不同意的人', '装好以后测一次噪声，超了就挪'), /^好/);
      await w.page.bringToFront();
      await w.heard('resident', '答复是：装好以后测一次噪声');
      await page.goto(everybody);
      const text = await words(page, '装好以后测一次噪声，超了就挪');
      assert.ok(!text.includes('6米还是太近'), 'what somebody wrote against it is on everybody\'s page');
    });

    await t.test('the property does it, people say how it was, and it is closed', async () => {
      await w.page.bringToFront();
      await told('leader', 'feng', '0001 议事会定的', '接单');
      await told('leader', 'feng', '冯物业已接');
      await page.goto(everybody);
      await words(page, '正在办');
      await to(5, 10);
      await told('leader', 'feng', '冯物业已接', '办好了');
      await told('leader', 'feng', '0001号怎么办好的');
      await tells('leader', 'feng', '装好了，四个都能用');
      await told('leader', 'feng', '议事会的结果里看得到');
      await w.heard('group', '定的1件事都办完了');
      await w.speakAs('wang');
      await w.choose(await w.heard('resident', '您觉得办得怎么样'), '满意');
      await w.page.locator('[data-pane=resident] .toast.on', { hasText: '谢谢' }).waitFor();
      await to(6, 10);
      desk = await enter('chen');
      await later('已结束');
      await page.goto(everybody);
      await words(page, '结束了', '装好了，四个都能用', '满意1，基本满意0，不满意0');
      await fits();
      await w.shotOf(page, 'hearing-13-closed');
      await page.goto(new URL('/hearings', server.url).href);
      await words(page, '开过的', topic);
      await fits();
      await page.goto(new URL('/board', server.url).href);
      await words(page, '每日校验值');
      await w.shotOf(page, 'hearing-14-board');
    });

    assert.deepEqual(refused, []);
    assert.deepEqual(w.wrong, [], 'nothing went wrong in the chat');
    await w.close();
    assert.equal(await server.stop(), 0, server.stderr);
    assert.doesNotMatch(server.stderr, /level=ERROR|level=WARN|panic|充电桩/);
    const verify = spawnSync(process.env.LINLI, ['verify', join(data, 'linli.db')], { encoding: 'utf8' });
    assert.equal(verify.status, 0, verify.stdout + verify.stderr);
  });
}
