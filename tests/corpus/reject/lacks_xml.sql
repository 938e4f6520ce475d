-- expect: unsupported 2:8
select xmlelement("a", b) from t
