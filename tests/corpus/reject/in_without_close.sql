-- expect: ORA-00907 2:33
select a from t where a in (1, 2
