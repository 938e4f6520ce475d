-- expect: ORA-00907 2:14
select nvl(a = 1, 2) from t
