"""The invented county Yundu (云渡县): every hill, river, road, village and number is made by this code."""
