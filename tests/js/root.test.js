// The app's root, in whatever folder a proxy puts it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { address, ROOT, rootOf } from "../../assets/base/root.js";

for (const root of ["http://localhost:8501/", "https://a.example/forger/", "http://[::1]:1/my/assets/proxy/8501/"])
  for (const folder of ["assets/", "assets/0123456789ab/"])
    test(`${root} with ${folder}`, () => assert.equal(rootOf(`${root}${folder}base/root.js?v=1`).href, root));

test("addresses of routes and pictures lie below it", () => {
  for (const path of ["api/runs", "/api/runs"]) assert.equal(address(path), new URL("api/runs", ROOT).href);
});
