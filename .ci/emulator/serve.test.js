// "linli serve" with Telegram, against an emulator that others wrote: from the
// first code to the thanks of a resident, and over a restart.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { TelegramServer } from 'telegram-test-api/lib/telegramServer.js';
import { folder, run } from '../program.js';
import { town } from '../town.js';
import { Account } from './account.js';

const token = '4242:emulated_token_that_nobody_may_see';

// A free port of this machine.
const port = await new Promise(done => {
  const s = createServer().listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => done(port)); });
});

test('linli serve on an emulated Telegram', { timeout: 240000 }, async t => {
  const telegram = new TelegramServer({ port, host: '127.0.0.1', storeTimeout: 600 });
  await telegram.start();
  t.after(() => telegram.stop());
  const config = town(folder('serve'), { token, api: `http://127.0.0.1:${port}` });
  const check = await run(['check', '--config', config], /没有错，可以用/);
  assert.equal(await check.stop(), 0);
  let linli = await run(['serve', '--config', config], /msg=listening/);
  let log = '';
  const end = async () => { const code = await linli.stop(); log += linli.stdout + linli.stderr; return code; };
  t.after(end);

  const account = (id, name) => new Account(telegram, token, id, name);
  const [chen, feng, sun] = [account(1001, '陈'), account(1002, '冯'), account(1003, '孙')];
  const [zhao, wang, lin] = [account(2001, '小赵'), account(2002, '王阿姨'), account(2003, '小林')];
  const group = { id: -1001234567890, title: '三号楼的邻居' };
  const first = linli.stdout.match(/\/start (\S+)/)?.[1];

  await t.test('the first code lets the first member of staff in, once', async () => {
    assert.match(linli.stdout, /请陈社区私下对机器人发/);
    assert.ok(first, linli.stdout);
    await lin.say('/start WRONG-CODE1');
    await lin.hears(/这个绑定码不对/);
    await chen.say(`/start ${first}`);
    await chen.hears(/绑定好了，陈社区/);
    await lin.say(`/start ${first}`);
    await lin.hears(/这个绑定码不对/);
    assert.equal(lin.chat().filter(m => /绑定码不对/.test(m.text)).length >= 1, true);
  });

  const code = async whom => {
    await chen.say(`/code ${whom}`);
    return (await chen.hears(new RegExp(`${whom}”?的绑定码[^]*/start (\\S+)`))).text.match(/\/start (\S+)/)[1];
  };

  await t.test('staff give codes to others and to the group; residents cannot', async () => {
    for (const [who, name] of [[feng, '冯物业'], [sun, '孙值班']]) {
      await who.say(`/start ${await code(name)}`);
      await who.hears(new RegExp(`绑定好了，${name}`));
    }
    await chen.say(`/start@TestNameBot ${await code('3号楼群')}`, group);
    await chen.hears(/这个群已接入：3号楼群/, group);
    await zhao.say('/code 李网格');
    await zhao.hears(/这个要社区工作人员才能用/);
  });

  let no;
  await t.test('who never agreed is asked in private, and the tap files it', async () => {
    await zhao.say('/start');
    await zhao.hears(/有要修、要办、要帮的事/);
    await zhao.say('今晚吃火锅有人一起吗', group);
    await zhao.say('3号楼2单元下水道堵了没人通');
    const offer = await zhao.hears(/要登记吗/);
    assert.deepEqual(offer.rows.flat().map(b => b.text), ['登记', '不用']);
    assert.equal(feng.chat().some(m => /原话/.test(m.text)), false, 'nothing is passed on before the tap');
    await zhao.press(offer, '登记');
    await zhao.hears(/好，这就登记/);
    no = (await zhao.hears(/记下了，(\d{4})号：3号楼2单元下水道.*冯物业.*回您/)).text.match(/(\d{4})号/)[1];
  });

  await t.test('the property takes it, does it, says how', async () => {
    let card = await feng.hears(new RegExp(`^${no} 下水道[^]*原话：3号楼2单元下水道堵了没人通`));
    assert.deepEqual(card.rows.flat().map(b => b.text), ['接单', '不归我', '要帮忙']);
    await feng.press(card, '接单');
    card = await feng.hears(/冯物业已接/);
    assert.equal(card.rows.flat()[0].text, '办好了');
    await feng.press(card, '办好了');
    await feng.hears(new RegExp(`${no}号怎么办好的`));
    await feng.say('疏通了，试过了');
    await feng.hears(/办好了，等居民评价/);
  });

  await t.test('the reporter hears how, and rates', async () => {
    const done = await zhao.hears(new RegExp(`${no}号办好了：疏通了，试过了`));
    await zhao.press(done, '满意');
    await zhao.hears(/记下了，谢谢/);
    assert.equal(zhao.chat(group).some(m => m.text.includes(no)), false, 'what was said in private stays there');
  });

  let second;
  await t.test('who has no private chat is asked in the group, and only their own tap counts', async () => {
    await wang.say('3号楼2单元电梯坏了没人修', group);
    const offer = await wang.hears(/电梯.*要登记吗/, group);
    await lin.press(offer, '登记', group);
    await lin.say('/help'); // in lin's own chat: answered after the tap was taken
    await lin.hears(/有要修、要办、要帮的事/);
    assert.equal(wang.chat(group).some(m => /电梯的事已登记/.test(m.text)), false, 'the tap of another filed nothing');
    await wang.press(offer, '登记', group);
    const said = await wang.hears(/3号楼电梯的事已登记（(\d{4})）/, group);
    assert.doesNotMatch(said.text, /王阿姨|2单元/, 'the group hears no name and no unit');
    second = said.text.match(/\d{4}/)[0];
    await feng.hears(new RegExp(`^${second} 电梯停运或故障[^]*原话：3号楼2单元电梯坏了没人修`));
    await lin.press(said, '我也是', group);
    await lin.hears(/已有2人反映/, group);
    assert.equal(lin.chat(group).filter(m => m.text.includes('已登记')).length, 1, 'the message is changed, not repeated');
    await feng.hears(new RegExp(`^${second} .*2人反映`));
  });

  await t.test('a danger reaches the person on duty', async () => {
    await lin.say('闻到煤气味', group);
    await lin.hears(/别开灯、别碰开关/, group);
    const card = await sun.hears(/^危险 \d{4}｜燃气[^]*原话：闻到煤气味/);
    await sun.press(card, '我来处理');
    await sun.hears(/孙值班已接/);
  });

  await t.test('what is said while it is down is heard after a restart', async () => {
    assert.equal(await end(), 0);
    const before = telegram.storage.botMessages.length;
    await wang.say(second);
    linli = await run(['serve', '--config', config], /msg=listening/);
    await wang.hears(new RegExp(`${second}号（电梯停运或故障）：已派给冯物业，还没接`));
    assert.doesNotMatch(linli.stdout, /还没有人绑定/, 'no second first code');
    assert.equal(telegram.storage.botMessages.length, before + 1, 'nothing was said a second time');
  });

  assert.equal(await end(), 0);
  assert.equal(log.includes('emulated_token'), false, 'the token is in the log');
  assert.doesNotMatch(log, /下水道堵|煤气味|疏通了/, 'words of residents are in the log');
  assert.doesNotMatch(log, /level=ERROR|panic/);
});
