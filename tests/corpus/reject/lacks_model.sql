-- expect: unsupported 2:17
select * from t match_recognize (pattern (a))
