-- expect: ORA-00911 2:8
select `a` from t
