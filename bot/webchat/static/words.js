// Words of the pages' chrome. What people and Linli write is never translated.
const words = {
  zh: {
    say: '说点什么', send: '发送', cancel: '取消', photo: '照片', place: '发位置', voice: '语音', plus: '照片、位置、语音',
    recording: '停止并发送', savevoice: '存下这段语音（微信的格式，浏览器放不了）', seconds: '{n}秒', reply: '回复', edit: '修改', replying: '回复 {who}', editing: '修改自己的话',
    edited: '已修改', sending: '发送中', retry: '还没发出去，会自动再发', older: '更早的消息', located: '位置 {at}', hidden: '有一条新消息，点开查看',
    quoted: '引用的消息已不在', photoof: '照片', linli: 'Linli 邻里', bot: '社区助手', empty: '还没有消息', 'empty-leader': '还没有消息。单子派给谁，这里就显示谁的手机。', 'empty-committee': '还没有消息。危险的、没人接的，会到这里。', private: 'Linli 私信',
    offline: '连接断了，正在重连。', larger: '大字', leave: '退出', clock: '示例里的时间', hour: '快进 1 小时', morning: '到明天早上',
    plays: '看一段示例', stop: '停', as: '以谁的身份说话', try: '可以试试', resident: '说话人的手机', leader: '经办人的手机',
    committee: '社区的手机', with: '与 Linli 的私信', 'nav-group': '群聊', 'nav-resident': '我的私信', 'nav-leader': '经办人', 'nav-committee': '社区', residents: '居民', workers: '工作人员',
    notin: '{who}不在这个群里', new: '{who}有新消息', playing: '正在演示：{what}',
    door: '进门码由居委会或楼栋长给您，在通知单或二维码上。', code: '进门码', name: '怎么称呼您', enter: '进入',
    keeps: '群里的消息保存7天，私信30天。说的话由邻里（一个程序）读，诉求会登记并转给网格员。',
    report: '报修、反映问题', 'report-what': '什么事', 'report-photo': '照片（可以不加，一张）', 'report-name': '怎么称呼您（可以不填）', 'report-go': '交给邻里',
    'unfit-name': '这个称呼用不了，请换一个，或者空着。', 'unfit-empty': '还没有写是什么事。', 'unfit-long': '写得太长，最多4000个字。',
    'unfit-large': '照片太大，没有收下。请按返回键，换一张小的，您写的话还在。', 'unfit-type': '这种照片发不了，没有收下。请换一张再交。',
    'unfit-many': '现在交的人太多，没有收下。您写的话还在，请过十分钟再点一次，急事打社区电话。',
    'unfit-place': '这个码打不开，没有收下。请看楼里新贴的，或者问社区。', 'unfit-form': '没有收下，请按返回键再交一次。',
    'wrong-code': '这个进门码用不了。请核对，或向居委会要一个新的。', 'wrong-name': '请写一个称呼，例如“3号楼王阿姨”。',
    'wrong-many': '试的次数太多了，请过一分钟再试。', 'wrong-later': '现在进不去，请过几分钟再试。',
    'e-chat': '您不在这个群里。', 'e-own': '只能修改自己的话。', 'e-gone': '这条消息已不在了。', 'e-large': '文件太大：照片最多10兆，语音最多5兆。',
    'e-long': '太长了，最多4000字。', 'e-type': '这种文件发不了，请换一张照片。', 'e-empty': '还没有内容。', 'e-form': '没有发出去，请再试一次。',
    'e-place': '拿不到位置，请直接写地址。', 'e-mic': '没有录上音，请打字或再试一次。', 'e-session': '请重新输入进门码。', desk: '社区的工作台',
    day: '{m}月{d}日 {w}', week: '周日 周一 周二 周三 周四 周五 周六',
  },
  en: {
    say: 'Message', send: 'Send', cancel: 'Cancel', photo: 'Photo', place: 'My location', voice: 'Voice', plus: 'Photo, location, voice',
    recording: 'Stop and send', savevoice: 'Save this voice note (in the form of WeChat, browsers cannot play it)', seconds: '{n} s', reply: 'Reply', edit: 'Edit', replying: 'Reply to {who}', editing: 'Edit your message',
    edited: 'edited', sending: 'sending', retry: 'not sent yet, will be sent again', older: 'Earlier messages', located: 'Location {at}', hidden: 'A new message. Tap to read',
    quoted: 'The quoted message is gone', photoof: 'Photo', linli: 'Linli', bot: 'community assistant', empty: 'No messages yet', 'empty-leader': 'No messages yet. Whoever gets the work, their phone is shown here.', 'empty-committee': 'No messages yet. Dangers, and what nobody takes, arrive here.', private: 'Linli, private',
    offline: 'The connection is down. Trying again.', larger: 'Larger', leave: 'Leave', clock: 'Time in the example', hour: '+1 hour', morning: 'Next morning',
    desk: 'The desk of the staff', plays: 'Examples', stop: 'Stop', as: 'Speak as', try: 'Things to try', resident: 'Speaker’s phone', leader: 'Handler’s phone (经办人)',
    committee: 'Committee’s phone (社区)', with: 'Private chat with Linli', 'nav-group': 'Group', 'nav-resident': 'My chat', 'nav-leader': 'Handler', 'nav-committee': 'Committee', residents: 'Residents', workers: 'Staff',
    notin: '{who} is not in this group', new: 'New for {who}', playing: 'Playing: {what}',
    door: 'You get an entry code from the committee or your building captain, on a notice or as a QR code.', code: 'Entry code', name: 'What shall we call you', enter: 'Enter',
    keeps: 'Group messages are kept for 7 days, private ones for 30. Linli, a program, reads them; demands are filed and passed to the grid leader.',
    report: 'Report something', 'report-what': 'What is it', 'report-photo': 'A photo (optional, one)', 'report-name': 'What to call you (optional)', 'report-go': 'Give it to Linli',
    'unfit-name': 'This name cannot be used. Please choose another or leave it empty.', 'unfit-empty': 'Nothing has been written yet.', 'unfit-long': 'It is too long, at most 4000 characters.',
    'unfit-large': 'The photo is too large and nothing was taken. Please go back and choose a smaller one; your words are still there.', 'unfit-type': 'This type of picture cannot be sent and nothing was taken. Please choose another.',
    'unfit-many': 'Too many reports at the moment, so it was not taken. Your words are still here; please press once more in ten minutes, or call the office if it is urgent.',
    'unfit-place': 'This code does not open anything and nothing was taken. Please look at the notice in the building or ask the office.', 'unfit-form': 'It was not taken. Please go back and send it again.',
    'wrong-code': 'This entry code does not work. Please check it, or ask the committee for a new one.', 'wrong-name': 'Please write a name.',
    'wrong-many': 'Too many attempts. Please try again in a minute.', 'wrong-later': 'You cannot enter now. Please try again in a few minutes.',
    'e-chat': 'You are not in this group.', 'e-own': 'You can only edit your own message.', 'e-gone': 'This message is gone.', 'e-large': 'The file is too large: photos up to 10 MB, voice up to 5 MB.',
    'e-long': 'Too long, at most 4000 characters.', 'e-type': 'This type of file cannot be sent. Please choose a photo.', 'e-empty': 'There is nothing to send.', 'e-form': 'Not sent. Please try again.',
    'e-place': 'No location. Please write the address.', 'e-mic': 'Nothing was recorded. Please write, or try again.', 'e-session': 'Please enter your code again.',
    day: '{w} {d}/{m}', week: 'Sun Mon Tue Wed Thu Fri Sat',
  },
};

let lang = 'zh';
try { lang = localStorage.getItem('linli-lang') === 'en' ? 'en' : 'zh'; } catch { /* no storage: Chinese */ }

export function t(key, vars = {}) {
  const s = words[lang][key] ?? words.zh[key] ?? key;
  return s.replace(/\{(\w+)\}/g, (_, name) => vars[name] ?? '');
}

export function error(code) {
  return t('e-' + (words.zh['e-' + code] ? code : 'form'));
}

// label sets the words of the page; changed is told after a switch of language.
export function label(changed = () => {}) {
  const set = () => {
    document.documentElement.lang = lang === 'en' ? 'en' : 'zh-CN';
    for (const e of document.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
    for (const e of document.querySelectorAll('[data-p]')) { e.placeholder = t(e.dataset.p); e.setAttribute('aria-label', t(e.dataset.p)); }
    for (const e of document.querySelectorAll('[data-g]')) e.label = t(e.dataset.g);
    for (const e of document.querySelectorAll('[data-l]')) e.setAttribute('aria-label', t(e.dataset.l));
    const b = document.getElementById('lang');
    if (b) { b.textContent = lang === 'en' ? '中文' : 'EN'; b.setAttribute('aria-label', lang === 'en' ? '中文' : 'English'); b.lang = lang === 'en' ? 'zh-CN' : 'en'; }
  };
  document.getElementById('lang')?.addEventListener('click', () => {
    lang = lang === 'en' ? 'zh' : 'en';
    try { localStorage.setItem('linli-lang', lang); } catch { /* for this visit only */ }
    set();
    changed();
  });
  set();
}

export function day(at) {
  const [y, m, d] = at.slice(0, 10).split('-').map(Number);
  const w = t('week').split(' ')[new Date(Date.UTC(y, m - 1, d)).getUTCDay()];
  return t('day', { m, d, w });
}
