// The web chat of "linli serve", as people use it who have nothing else: staff
// on a desk, residents on their phones, each let in by a code.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { folder, run } from '../program.js';
import { town } from '../town.js';
import { open, Window } from './page.js';

test('linli serve with the web chat only', { timeout: 120000 }, async t => {
  const config = town(folder('serve'));
  let linli = await run(['serve', '--config', config], /msg=listening address=(\S+)/);
  t.after(() => linli.stop());
  const browser = await open();
  t.after(() => browser.close());
  const url = `http://${linli.match[1]}/chat/`;
  const windows = [];

  const enter = async (size, code, name) => {
    const w = await Window.open(browser, url, size);
    windows.push(w);
    await w.page.getByTestId('code').fill(code);
    await w.page.getByTestId('name').fill(name);
    await w.fits();
    await w.press(w.page.getByTestId('enter'));
    return w;
  };
  const inside = w => w.page.getByTestId('room-input').waitFor();

  await t.test('a wrong code lets nobody in', async () => {
    const w = await enter('phone', 'AAAAA-AAAAA', '过路的');
    await w.page.getByText('这个进门码用不了').waitFor();
    await w.shot('room-1-door');
    w.wrong = w.wrong.filter(text => !/^40[0-9] |console: .*40[0-9]/.test(text)); // the refusal itself
  });

  let chen, feng, wang, lin;
  const given = async (command, answer) => {
    await chen.say('room', command, { key: true });
    const text = await (await chen.heard('room', answer)).locator('.text').innerText();
    const code = text.match(/[A-Z2-9]{5}-[A-Z2-9]{5}/)?.[0];
    assert.ok(code, text);
    return code;
  };

  await t.test('the first code lets staff in, who let in others', async () => {
    chen = await enter('desktop', linli.stdout.match(/\/start (\S+)/)[1], '陈社区');
    await inside(chen);
    await chen.turn('Linli 私信');
    feng = await enter('phone', await given('/code 冯物业', '冯物业的绑定码'), '冯物业');
    await inside(feng);
    await feng.turn('Linli 私信');
    const code = await given('/invite 3号楼群', /3号楼群.*码/);
    wang = await enter('phone', code, '王阿姨');
    lin = await enter('phone', code, '小林');
    await inside(wang);
    await inside(lin);
    await wang.fits();
  });

  await t.test('a resident says it, agrees, and hears a number', async () => {
    await wang.turn('3号楼群');
    await wang.say('room', '3号楼2单元电梯坏了没人修');
    await wang.turn('Linli 私信');
    const offer = await wang.heard('room', '要登记吗？');
    await wang.shot('room-2-offer');
    await wang.choose(offer, '登记');
    await wang.heard('room', /记下了，\d{4}号：3号楼2单元电梯停运或故障。冯物业/);
  });

  await t.test('a neighbour hears it in the group and joins', async () => {
    await lin.turn('3号楼群');
    await lin.choose(await lin.heard('room', '3号楼电梯的事已登记'), '我也是');
    await lin.heard('room', '已有2人反映');
    await lin.shot('room-3-group');
  });

  await t.test('the property does it, the resident rates', async () => {
    await feng.choose(await feng.heard('room', '原话：3号楼2单元电梯坏了没人修'), '接单');
    await feng.choose(await feng.heard('room', '冯物业已接'), '办好了');
    await feng.heard('room', '怎么办好的');
    await feng.say('room', '换了继电器');
    await wang.choose(await wang.heard('room', '换了继电器。您觉得怎么样？'), '满意');
    await wang.heard('room', '记下了，谢谢');
    await wang.fits();
    await wang.shot('room-4-done');
  });

  await t.test('after a restart everyone is still inside', async () => {
    for (const w of windows) w.down = true;
    assert.equal(await linli.stop(), 0, linli.stderr);
    const address = linli.match[1];
    linli = await run(['serve', '--config', town.at(config, address)], /msg=listening/);
    await wang.page.reload();
    await inside(wang);
    for (const w of windows) w.down = false;
    await wang.turn('Linli 私信');
    await wang.heard('room', '记下了，谢谢');
  });

  await t.test('who leaves is outside', async () => {
    await lin.page.reload();
    await inside(lin);
    await lin.press(lin.page.getByRole('button', { name: '退出' }));
    await lin.page.getByTestId('code').waitFor();
  });

  for (const w of windows) {
    assert.deepEqual(w.wrong, []);
    await w.close();
  }
  assert.equal(await linli.stop(), 0);
  assert.doesNotMatch(linli.stderr, /level=ERROR|panic|电梯坏|继电器/);
});
