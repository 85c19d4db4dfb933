// The pages, in the order of the navigation. A page is one HTML file, one ES module, and one line here.
export const PAGES = [
  { path: "/studio/", title: "Studio" },
];
