// The card that a report page brings when it is shared in WeChat: the same link, with the name
// of the place. What it says stands on the script's own element.
'use strict';
(function () {
  var d = document.getElementById('card').dataset;
  if (typeof wx === 'undefined') return;
  wx.config({ debug: false, appId: d.app, timestamp: Number(d.at), nonceStr: d.nonce, signature: d.signature,
    jsApiList: ['updateAppMessageShareData', 'updateTimelineShareData'] });
  wx.ready(function () {
    var card = { title: d.title, desc: d.desc, link: d.link, imgUrl: d.image };
    wx.updateAppMessageShareData(card);
    wx.updateTimelineShareData(card);
  });
})();
