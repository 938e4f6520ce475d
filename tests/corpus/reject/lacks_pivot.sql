-- expect: unsupported 2:17
select * from t pivot (sum(a) for b in (1, 2))
