// Forms that are answered by a passkey: the browser's authenticator fills in their hidden fields.
// A form says where its question comes from (data-passkey) and whether a passkey is made or used
// (data-passkey-kind). Without script, or in a browser without passkeys, such forms stay hidden.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (descriptors) => (descriptors || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const made = async (options) => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    };
    const credential = await navigator.credentials.create({ publicKey });
    const response = credential.response;
    return {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
      transports: response.getTransports ? response.getTransports() : [],
      credential,
    };
  };

  const used = async (options) => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: listed(options.allowCredentials),
    };
    const credential = await navigator.credentials.get({ publicKey });
    const response = credential.response;
    return {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
      credential,
    };
  };

  const answer = async (form) => {
    const asked = await fetch(form.dataset.passkey, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    if (!asked.ok) throw new Error(String(asked.status));
    const { question, options } = await asked.json();
    const kind = form.dataset.passkeyKind === "create" ? made : used;
    const { credential, ...response } = await kind(options);
    form.elements.question.value = question;
    form.elements.answer.value = JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: {},
      response,
    });
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const failed = form.querySelector("[data-passkey-failed]");
      failed.hidden = true;
      answer(form).catch(() => {
        failed.hidden = false;
      });
    });
  }
})();
