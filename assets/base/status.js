// HTTP statuses as sentences, for answers of something that stands before the server and so says nothing for people.

const SENTENCES = {
  401: "Something in front of the server asks who you are (401). Load the page again to sign in.",
  403: "Something in front of the server refuses this (403). Load the page again; whoever runs it may have to admit it.",
  407: "A proxy asks who you are (407). Load the page again to sign in.",
  413:
    "A proxy in front of the server does not let through what is as large as this (413). " +
    "Send less, or have its limit raised; in nginx: client_max_body_size 64m;",
  429: "Something in front of the server finds these requests too many (429). Wait a minute.",
  502: "The proxy in front of the server does not reach it (502): it is not running, or starts just now.",
  503: "The proxy in front of the server does not reach it (503): it is not running, or starts just now.",
  504: "The proxy in front of the server waited for it in vain (504): it is busy, or the network is slow.",
};

/** What a status without a sentence of the server's means. */
export function meaning(status) {
  return SENTENCES[status] ?? `The server said ${status}.`;
}
