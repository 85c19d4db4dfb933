// The pages, in the order of the navigation. A page is one HTML file, one ES module, and one line here.
// Those with `owner` are shown to the account that the server belongs to.
export const PAGES = [
  { path: "/studio/", title: "Studio" },
  { path: "/studio/history", title: "History" },
  { path: "/studio/keys", title: "Keys" },
  { path: "/studio/usage", title: "Usage" },
  { path: "/studio/credits", title: "Credits" },
  { path: "/studio/models", title: "Models" },
  { path: "/studio/webhooks", title: "Webhooks" },
  { path: "/studio/accounts", title: "Accounts", owner: true },
  { path: "/studio/server", title: "Server", owner: true },
];
