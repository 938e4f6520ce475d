-- expect: ORA-00907 2:17
select nvl(a, 1 from t
