// @ts-check
/*
 * Runs in any browser, including those that cannot run the page: shows a message in place of a blank page. ES5 on
 * purpose.
 */
(function () {
  "use strict";
  window.addEventListener("load", function () {
    // The page's own script, a module, runs before this event and marks the document.
    if (document.documentElement.getAttribute("data-started") !== null) return;
    var notice = document.getElementById("outdated");
    if (notice !== null) notice.hidden = false;
  });
})();
