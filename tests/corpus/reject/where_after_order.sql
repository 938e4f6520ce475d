-- expect: ORA-00933 2:28
select a from t order by a where b = 1
