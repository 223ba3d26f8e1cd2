// Sends the form that a page consists of, once. Without script its button does the same.
"use strict";
document.querySelector("form[data-submit]")?.submit();
